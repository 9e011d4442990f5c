import { setTimeout as delay } from "node:timers/promises"
import { dataPaths, findRunning } from "@spore/node/local"
import type { Versions } from "@spore/operator"
import { isSporeError, SporeError } from "@spore/records"
import { cliError } from "../errors.ts"
import { commandNode } from "../folder/control.ts"
import { askRunning } from "../folder/live.ts"
import { wentBackFrom } from "./standing.ts"

const LOOK_MS = 500
/** For running jobs to end (10 min), for the trial (30 min in all), and for what lies between. */
const PATIENCE_MS = 45 * 60_000
/** Between the end of one version's node and the start of the next. */
const GAP_MS = 60_000
/** For a node that works on as another version, and is not about to change. */
const UNCHANGED_MS = 10_000

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
 * Has the running node stay as it is where it waits to go on as a version that is to be tried.
 *
 * @returns that version; null where none runs, or it does not wait for one
 * @throws SporeError `node_busy` where it ends for that already, and as `commandNode`
 */
export async function askToStay(dataDir: string): Promise<string | null> {
  if ((await findRunning(dataPaths(dataDir).running)) === null) return null
  try {
    return await commandNode(dataDir, { op: "call_off_switch" })
  } catch (error) {
    if (isSporeError(error, "not_supervised") || isSporeError(error, "bad_request")) return null
    throw error
  }
}

/**
 * Waits until a version that the running node goes on with is found good.
 *
 * @param onState for people: what is waited for
 * @throws SporeError `trial_failed` where it is not, `called_off` where it is not even tried, `no_answer` where the wait is
 *   over
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
  let changingAt = Date.now()
  while (Date.now() < end) {
    const { current, refused, trial, history } = await versions.read()
    if (current === version) return
    const refusal = Object.hasOwn(refused, version) ? refused[version] : undefined
    if (refusal !== undefined && wentBackFrom(version, history)) {
      throw cliError("called_off", `the change to ${version} was called off`, {
        next: `spore update apply ${version} --force`,
      })
    }
    if (refusal !== undefined) {
      throw new SporeError("trial_failed", `version ${version} does not work here: ${refusal.reason}`, {
        next: "spore update history",
      })
    }
    const live = await askRunning(dataDir)
    if (live !== null) aliveAt = Date.now()
    else if (Date.now() - aliveAt > GAP_MS) break
    const doing = live?.status?.update?.doing
    // One that was started anew before it changed knows nothing of that.
    const isAnother = (live?.status ?? null) !== null && live?.status?.version !== version
    if (!isAnother || doing === "waiting" || doing === "switching") changingAt = Date.now()
    else if (Date.now() - changingAt > UNCHANGED_MS) {
      throw cliError("called_off", `the node runs on as ${live?.status?.version}, and goes on as ${version} no more`, {
        next: "spore update apply",
      })
    }
    onState(trial === null && doing === "waiting" ? "waiting for the running job to end" : `trying ${version}`)
    await delay(LOOK_MS, undefined, { signal })
  }
  throw new SporeError("no_answer", `the running node did not go on as ${version} in time`, {
    next: "spore status, and spore update history",
  })
}
