import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { stopWith } from "../service/report.ts"

/** Ends the node that runs on the data folder, in the background or in a terminal; where none runs, that is no error. */
export async function run(context: Context): Promise<void> {
  const { json, output } = context
  const stopped = await stopWith(context)
  if (json) {
    output.print(safeJson({ stopped: stopped !== null, pids: stopped?.pids ?? [], killed: stopped?.killed ?? false }))
  } else if (stopped === null) output.print("no node runs")
  else if (stopped.killed) output.print("killed: it did not end in order within 15 s; nothing that was stored is lost")
  else output.print("stopped")
}
