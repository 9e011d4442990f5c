import { systemClock } from "@spore/records"
import type { Context } from "../context.ts"
import { formatTime } from "../output/format.ts"
import { createStatusLine } from "../output/status-line.ts"
import { plain, safeJson } from "../output/plain.ts"
import { runsNext, standingOf } from "../updates/standing.ts"
import { exclusively } from "../updates/exclusive.ts"
import { openChannel } from "../updates/channel.ts"
import { look } from "../updates/look.ts"
import { readUpdates, requireKept } from "../updates/report.ts"

const NOTES_LINES = 20

/** Asks the channel now. Nothing is installed. */
export async function run(context: Context): Promise<void> {
  const { output, json } = context
  const { installation, settings, home, state } = await readUpdates(context)
  const { folder } = requireKept(home)
  const line = createStatusLine(context)
  line.show(`asking ${settings.url}`)
  const release = await exclusively(folder, async () =>
    look({ folder, channel: await openChannel(settings, folder), clock: systemClock }),
  ).finally(() => line.clear())
  const here = { version: runsNext(installation.version, state), node: process.versions.node, state }
  const { standing, reason } = standingOf(release, here)
  const { version, released, node, database, instructions, notes } = release
  if (json) {
    const newest = { version, released, node, database, instructions, notes, standing, reason }
    output.print(safeJson({ version: installation.version, channel: settings.url, newest }))
    return
  }
  output.print(`newest ${version}, released ${formatTime(released)}; this is ${installation.version}`)
  const lines = notes.trim().split("\n")
  if (standing !== "current" && notes.trim() !== "") {
    for (const each of lines.slice(0, NOTES_LINES)) output.print(`  ${plain(each)}`)
    if (lines.length > NOTES_LINES) output.print("  …")
  }
  if (reason !== null) output.tell(`not taken: ${reason}`)
  if (standing === "newer") output.tell(installation.isCheckout ? "next: git pull" : "next: spore update apply")
}
