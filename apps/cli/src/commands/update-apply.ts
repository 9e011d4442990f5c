import { systemClock } from "@spore/records"
import { compareVersions } from "@spore/operator/launch"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { safeJson } from "../output/plain.ts"
import { createStatusLine, type StatusLine } from "../output/status-line.ts"
import { watchForEnd } from "../run/ending.ts"
import { openChannel } from "../updates/channel.ts"
import { chooseRelease, undecided } from "../updates/choose-release.ts"
import { exclusively } from "../updates/exclusive.ts"
import { readUpdates, requireHome, type Updates } from "../updates/report.ts"
import { type Asked, askToChange, untilAccepted } from "../updates/running-node.ts"
import { trySelfCheck } from "../updates/self-check-trial.ts"
import { settledVersion } from "../updates/standing.ts"
import { take } from "../updates/take.ts"
import type { VersionsHome } from "../updates/updater.ts"

const optionsSchema = z.object({ force: z.boolean().default(false) })

/**
 * What became of it. `changing`: the node that runs here goes on as that version once its running job has ended;
 * `to_restart`: it has to be started anew by hand.
 */
interface Applied {
  readonly from: string
  readonly version: string
  readonly state: "current" | "runs" | "changing" | "to_restart"
}

/** Takes a release now: has the running node go on with it, or else tries it by its self-check. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { force } = optionsSchema.parse(options)
  const updates = await readUpdates(context)
  const home = requireHome(updates)
  const line = createStatusLine(context)
  const ending = watchForEnd(context.output)
  const abort = new AbortController()
  void ending.requested.then(() => abort.abort())
  try {
    print(context, await apply(context, updates, home, { asked: args[0], force }, line, abort.signal))
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw cliError("interrupted", "the update was not waited for", { cause: error, next: "spore update" })
  } finally {
    line.clear()
    ending.release()
  }
}

async function apply(
  context: Context,
  { installation, settings, state, live }: Updates,
  home: VersionsHome,
  wanted: { asked: string | undefined; force: boolean },
  line: StatusLine,
  signal: AbortSignal,
): Promise<Applied> {
  const { dataDir } = context
  const from = settledVersion(installation.version, installation.builtIn.version, state)
  const taken = await exclusively(home.folder, async () => {
    const version = (await goOnWithTrial()) ?? (await takeChosen())
    if (version === null) return null
    const asked = await askToChange(dataDir, version).catch(async (error: unknown): Promise<Asked> => {
      // A node that starts as that version on trial takes no commands yet.
      if ((await home.versions.read()).trial?.version !== version) throw error
      return "changing"
    })
    // A node that runs it already is what tries it.
    if (asked !== "changing" && asked !== "same") {
      line.show(`checking that ${version} works here`)
      await trySelfCheck(home.versions, version, context, signal)
    }
    return { version, asked }
  })
  if (taken === null) {
    // The node that runs here may be of a version from before the last update.
    const runs = live?.status?.version ?? from
    const asked = await askToChange(dataDir, null)
    const isBehind = asked === "by_hand" && compareVersions(runs, from) < 0
    return { from: runs, version: from, state: asked === "changing" ? asked : isBehind ? "to_restart" : "current" }
  }
  const { version, asked } = taken
  if (asked === "changing" || asked === "same")
    await untilAccepted(home.versions, version, dataDir, signal, (words) => line.show(words))
  return { from, version, state: asked === "by_hand" ? "to_restart" : "runs" }

  async function goOnWithTrial(): Promise<string | null> {
    const trial = await undecided(home, wanted.asked)
    if (trial === null) return null
    line.clear()
    context.output.tell(`the trial of ${trial} was never decided: going on with it`)
    return trial
  }

  async function takeChosen(): Promise<string | null> {
    line.show(`asking ${settings.url}`)
    const channel = await openChannel(settings, home.folder)
    const here = { version: from, node: process.versions.node, clock: systemClock }
    const chosen = await chooseRelease({ home, channel, ...here, ...wanted })
    if (chosen === null) return null
    if (chosen.release !== null) {
      line.show(`downloading ${chosen.version}`)
      await take(chosen.release, { channel, versions: home.versions, folder: home.folder }, signal)
    }
    return chosen.version
  }
}

function print({ json, output }: Context, applied: Applied): void {
  if (json) {
    output.print(safeJson(applied))
    return
  }
  const { from, version, state } = applied
  if (state === "current") output.print(`${version} runs, and nothing newer is out`)
  else if (state === "changing") output.print(`the node that runs here goes on as ${version}`)
  else output.print(`${version} is installed and works here; it was ${from}`)
  if (state === "to_restart") output.tell("next: start the node that runs here anew, so that it runs that version too")
}
