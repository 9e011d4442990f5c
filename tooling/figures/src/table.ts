import type { Row } from "./row.ts"

/** The rows as an aligned text table. */
export function table(rows: readonly Row[]): string {
  const head = ["suite", "case", "value", "limit", "ratio", "bar", ""]
  const lines = rows.map((r) => [
    r.suite,
    r.case,
    `${digits(r.value)} ${r.unit}`,
    r.limit === null ? "" : `${digits(r.limit)} ${r.unit}`,
    r.ratio === null ? "" : r.ratio.toFixed(2),
    r.bar ?? "",
    r.pass === null ? "" : r.pass ? "ok" : "MISSED",
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => (line[i] ?? "").length)))
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

function digits(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
