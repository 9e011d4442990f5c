import { setTimeout as delay } from "node:timers/promises"
import { dataPaths, findRunning } from "@spore/node/local"
import { isAlive, type ProcessIdentity } from "@spore/operator/process"
import { hasErrorCode } from "@spore/records"
import { cliError } from "../errors.ts"
import { findSupervisor } from "./claim.ts"
import { isStarting } from "./start.ts"

const POLL_MS = 50
/** For a node to end in order. */
const ORDER_MS = 15_000
/** For the kernel to end what was killed. */
const KILL_MS = 5_000

export interface StopInit {
  dataDir: string
  /** Milliseconds that a node has to end in order; 15,000 by default. */
  orderMs?: number
}

/** What was ended. */
export interface Stopped {
  readonly pids: readonly number[]
  /** Whether it did not end in order, and was killed. */
  readonly killed: boolean
}

/**
 * Ends the node that runs on a data folder, with the supervisor that would start it again, and waits for that. A start
 * under way is waited for first.
 *
 * @returns null where nothing runs
 * @throws SporeError `not_permitted`, `not_ended`
 */
export async function stopNode({ dataDir, orderMs = ORDER_MS }: StopInit): Promise<Stopped | null> {
  const targets = await findTargets(dataDir)
  const [first] = targets
  if (first === undefined) return null
  // One signal, to one process: the supervisor ends its node, and a second one would end that at once.
  signal(first, "SIGTERM")
  if (await ended(dataDir, targets, orderMs)) return { pids: pidsOf(targets), killed: false }
  // The supervisor first, or it would start the node again.
  const left = await livingOn(dataDir)
  const all = [...new Map([...left, ...targets].map((one) => [one.pid, one])).values()]
  for (const one of all) signal(one, "SIGKILL")
  if (await ended(dataDir, all, KILL_MS)) return { pids: pidsOf(all), killed: true }
  throw cliError(
    "not_ended",
    `process ${all
      .filter(isAlive)
      .map(({ pid }) => pid)
      .join(", ")} cannot be ended`,
    {
      next: "it waits for a disk or a device that does not answer: look at it with ps, or start the machine anew",
    },
  )
}

/** The processes that hold a data folder: the supervisor, the node. */
export async function holdersOf(dataDir: string): Promise<number[]> {
  return pidsOf(await livingOn(dataDir))
}

/** The supervisor, the node: those that live. */
async function livingOn(dataDir: string): Promise<ProcessIdentity[]> {
  const found = [await findSupervisor(dataDir), await findRunning(dataPaths(dataDir).running)]
  return found.filter((one) => one !== null)
}

async function findTargets(dataDir: string): Promise<ProcessIdentity[]> {
  for (;;) {
    const targets = await livingOn(dataDir)
    if (targets.length > 0 || !(await isStarting(dataDir))) return targets
    await delay(POLL_MS)
  }
}

async function ended(dataDir: string, targets: readonly ProcessIdentity[], milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; ;) {
    // A node that its supervisor had started meanwhile counts too.
    if (!targets.some(isAlive) && (await livingOn(dataDir)).length === 0) return true
    if (performance.now() >= end) return false
    await delay(POLL_MS)
  }
}

/** Signals the process that the file means: its number may be another's by now. */
function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return
  try {
    process.kill(target.pid, name)
  } catch (error) {
    if (hasErrorCode(error, "ESRCH")) return
    throw cliError("not_permitted", `process ${target.pid} is another user's`, {
      cause: error,
      next: "run the command as the user of the node",
    })
  }
}

function pidsOf(targets: readonly ProcessIdentity[]): number[] {
  return targets.map(({ pid }) => pid)
}
