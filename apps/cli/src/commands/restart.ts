import { dataPaths, findRunning } from "@spore/node/local"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { findSupervisor, flagsOf } from "../service/claim.ts"
import { lastFlags } from "../service/last-flags.ts"
import { plain } from "../output/plain.ts"
import { installedUnit } from "../service/manager.ts"
import { printUp, refuseFlags, startWith, stopWith } from "../service/report.ts"
import { runWords } from "../service/run-words.ts"

/** Stops the node and starts it in the background: with the flags given, else with those that it had. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const given = runWords(options)
  // A unit has its flags itself; others are refused before anything is stopped.
  const unit = await installedUnit(context)
  if (unit !== null) refuseFlags(unit, given)
  const words = unit !== null ? [] : given.length > 0 ? given : await wordsBefore(context)
  await stopWith(context)
  printUp(context, await startWith(context, words))
}

async function wordsBefore({ dataDir, output }: Context): Promise<string[]> {
  const supervisor = await findSupervisor(dataDir)
  if (supervisor !== null) return flagsOf(supervisor)
  if ((await findRunning(dataPaths(dataDir).running)) === null) {
    const last = (await lastFlags(dataDir)) ?? []
    if (last.length > 0) output.tell(`none runs; with the flags of its last start: ${plain(last.join(" "))}`)
    return last
  }
  throw cliError(
    "bad_usage",
    "the node was started by spore run without a supervisor, and its flags are not known here",
    {
      next: "spore restart FLAGS, or without any: spore stop && spore start",
    },
  )
}
