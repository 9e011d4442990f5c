/**
 * The table of all limits in docs/operating.md, made of the limits and what their docstrings say. Prints it; with
 * `--write` puts it in its place.
 *
 * @packageDocumentation
 */
import { glob, readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { limitKey } from "@spore/node/local"
import { HOME_LIMITS, RELAY_LIMITS, type TransportLimits } from "@spore/transport/limits"

const ROOT = fileURLToPath(new URL("../../../", import.meta.url))
export const GUIDE: string = `${ROOT}docs/operating.md`
/** What stands around the table. */
const TABLE = /(?<=<!-- limits -->\n\n).*?(?=\n\n<!-- end of limits -->)/s

/** A limit as the table has it. */
export interface LimitRow {
  /** Its name in settings. */
  readonly key: string
  readonly home: number
  readonly relay: number
  readonly bounds: string
}

/** Every limit, in the order of the code, with what its docstring says. */
export async function limitRows(): Promise<LimitRow[]> {
  const docs = new Map<string, string>()
  for await (const path of glob("packages/transport/src/*/limits.ts", { cwd: ROOT })) {
    for (const [name, doc] of docstrings(await readFile(ROOT + path, "utf8"))) docs.set(name, doc)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the object has no other keys
  const names = Object.keys(HOME_LIMITS) as (keyof TransportLimits)[]
  return names.map((name) => ({
    key: limitKey(name),
    home: HOME_LIMITS[name],
    relay: RELAY_LIMITS[name],
    bounds: docs.get(name) ?? "",
  }))
}

/** The fields of an interface with their docstrings. One without its own shares that of the field before it. */
function docstrings(source: string): [name: string, doc: string][] {
  const found: [string, string][] = []
  let doc = ""
  for (const match of source.matchAll(/\/\*\*(?<doc>.*?)\*\/|^ {2}(?<name>\w+): number$/gms)) {
    const { doc: text, name } = match.groups ?? {}
    if (name === undefined) doc = (text ?? "").replaceAll(/\s*\n\s*\* ?/g, " ").trim()
    else found.push([name, doc])
  }
  return found
}

/** The table in Markdown, aligned. */
export function limitsTable(rows: readonly LimitRow[]): string {
  const head = ["`[limits]`", "Home", "Relay", "Bounds"]
  const body = rows.map(({ key, home, relay, bounds }) => [
    `\`${key}\``,
    shown(key, home),
    shown(key, relay),
    bounds.replaceAll("|", String.raw`\|`),
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((cells) => (cells[i] ?? "").length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n")
}

/** The number as settings take it, and, where that says more, in a larger unit. */
function shown(key: string, value: number): string {
  const units: (readonly [string, number])[] = key.endsWith("_ms")
    ? [
        ["h", 3_600_000],
        ["min", 60_000],
        ["s", 1000],
      ]
    : /byte|stream_window/.test(key)
      ? [
          ["GiB", 2 ** 30],
          ["MiB", 2 ** 20],
          ["KiB", 2 ** 10],
        ]
      : []
  const unit = units.find(([, size]) => value % size === 0)
  return unit === undefined ? String(value) : `${value} (${value / unit[1]} ${unit[0]})`
}

/** The table that a text holds; empty where it holds none. */
export function tableIn(text: string): string {
  return TABLE.exec(text)?.[0] ?? ""
}

if (import.meta.main) {
  const table = limitsTable(await limitRows())
  if (process.argv.includes("--write"))
    await writeFile(
      GUIDE,
      (await readFile(GUIDE, "utf8")).replace(TABLE, () => table),
    )
  else process.stdout.write(`${table}\n`)
}
