import type { Environment } from "@spore/runner"
import type { Context } from "../context.ts"
import { openEnvironments } from "../exchange/local-environments.ts"
import { formatBytes, formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"

/** Lists the prepared Python environments, the newest first. */
export async function run(context: Context): Promise<void> {
  const { json, output } = context
  const items = await (await openEnvironments(context)).list()
  if (json) {
    const shown = items.map(({ id, python, packages, bytes, created }) => ({ id, python, packages, bytes, created }))
    output.print(safeJson({ items: shown }))
  } else printTable(output, COLUMNS, items)
}

const COLUMNS: readonly Column<Environment>[] = [
  { key: "id", value: ({ id }) => id, show: ({ id }) => id.slice(0, 12) },
  { key: "python", value: ({ python }) => python },
  {
    key: "packages",
    value: ({ packages }) => packages.map(({ name, version }) => `${name} ${version}`).join(", "),
    flexible: true,
  },
  { key: "bytes", value: ({ bytes }) => bytes, show: ({ bytes }) => formatBytes(bytes), align: "right" },
  { key: "made", value: ({ created }) => created, show: ({ created }) => formatTime(Math.floor(created / 1000)) },
]
