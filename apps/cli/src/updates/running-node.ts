import { setTimeout as delay } from "node:timers/promises"
import { dataPaths, findRunning } from "@spore/node/local"
import type { Versions } from "@spore/operator"
import { isSporeError, SporeError } from "@spore/records"
import { commandNode } from "../folder/control.ts"
import { askRunning } from "../folder/live.ts"

const LOOK_MS = 500
/** For running jobs to end (10 min), for the trial (30 min in all), and for what lies between. */
const PATIENCE_MS = 45 * 60_000
/** Between the end of one version's node and the start of the next. */
const GAP_MS = 60_000

/**
 * What came of asking the node that runs on a data folder: `none` runs; it runs that version; it has to be started anew by
 * hand; it goes on as that version once its running jobs have ended.
 */
export type Asked = "none" | "same" | "by_hand" | "changing"

/** Has the running node go on as another version; null: whichever is the current one. */
export async function askToChange(dataDir: string, version: string | null): Promise<Asked> {
  if ((await findRunning(dataPaths(dataDir).running)) === null) return "none"
  try {
    const answer = await commandNode(dataDir, { op: "switch_version", version })
    return answer === "changing" ? "changing" : "same"
  } catch (error) {
    // A release before there were updates does not know the request.
    if (isSporeError(error, "not_supervised") || isSporeError(error, "bad_request")) return "by_hand"
    throw error
  }
}

/**
 * Waits until a version that the running node goes on with is found good.
 *
 * @param onState for people: what is waited for
 * @throws SporeError `trial_failed` where it is not, `no_answer` where the wait is over
 */
export async function untilAccepted(
  versions: Versions,
  version: string,
  dataDir: string,
  signal: AbortSignal,
  onState: (words: string) => void,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  let aliveAt = Date.now()
  while (Date.now() < end) {
    const { current, refused, trial } = await versions.read()
    if (current === version) return
    const refusal = Object.hasOwn(refused, version) ? refused[version] : undefined
    if (refusal !== undefined) {
      throw new SporeError("trial_failed", `version ${version} does not work here: ${refusal.reason}`, {
        next: "spore update history",
      })
    }
    const live = await askRunning(dataDir)
    if (live !== null) aliveAt = Date.now()
    else if (Date.now() - aliveAt > GAP_MS) break
    const doing = live?.status?.update?.doing
    onState(trial === null && doing === "waiting" ? "waiting for the running job to end" : `trying ${version}`)
    await delay(LOOK_MS, undefined, { signal })
  }
  throw new SporeError("no_answer", `the running node did not go on as ${version} in time`, {
    next: "spore status, and spore update history",
  })
}
