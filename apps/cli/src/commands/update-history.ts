import type { HistoryEntry } from "@spore/operator"
import type { Context } from "../context.ts"
import { formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"
import { readUpdates } from "../updates/report.ts"

const COLUMNS: readonly Column<HistoryEntry>[] = [
  { key: "at", value: ({ at }) => at, show: ({ at }) => formatTime(at) },
  { key: "version", value: ({ version }) => version },
  { key: "event", value: ({ event }) => event, show: ({ event }) => event.replaceAll("_", " ") },
  { key: "reason", value: ({ reason }) => reason, flexible: true },
]

/** What became of each version, newest first. */
export async function run(context: Context): Promise<void> {
  const { state } = await readUpdates(context)
  const entries = state.history.toReversed()
  if (context.json) context.output.print(safeJson({ entries }))
  else if (entries.length === 0) context.output.print("nothing was updated here yet")
  else printTable(context.output, COLUMNS, entries)
}
