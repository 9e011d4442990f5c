import type { Notice, UpdateStatus } from "@spore/api/client"
import type { JobsHold } from "@spore/node"
import type { Supervised } from "@spore/operator/supervise"
import type { Logger } from "@spore/records"

/** For running jobs to end before the node does; what is cut off then is rerun. */
const PATIENCE_MS = 10 * 60_000

/** What of the running node it acts on. */
export interface UpdatedNode {
  holdJobs(): JobsHold
  /** Ends it in order. */
  end(): void
}

export interface ChangeOverInit {
  /** Who starts the program again. */
  readonly supervised: Pick<Supervised, "switchTo" | "restart">
  readonly log: Logger
  readonly tell: (notice: Notice) => void
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  /** The node is to stay as it is. */
  readonly calledOff: AbortSignal
}

/** What a node goes on as. */
export interface Change {
  /** On trial from then on; null: whichever is the current one. It may become another while the change waits. */
  version: string | null
  doing: Extract<UpdateStatus["doing"], "waiting" | "switching">
}

/** Ends a node once its running jobs have ended, so that another version goes on in its place. */
export async function changeOver(init: ChangeOverInit, node: UpdatedNode, change: Change): Promise<void> {
  const { supervised, signal, calledOff } = init
  const hold = node.holdJobs()
  // Whichever comes first, the other is no longer waited for.
  const over = new AbortController()
  const patience = init.sleep(PATIENCE_MS, AbortSignal.any([signal, calledOff, over.signal]))
  await Promise.race([hold.idle, patience.catch(() => undefined)])
  over.abort()
  signal.throwIfAborted()
  if (calledOff.aborted) {
    hold.release()
    return
  }
  change.doing = "switching"
  const { version } = change
  init.log.info({ version }, "switching to another version")
  const message = `This node ends now and goes on as ${version === null ? "the current version" : `version ${version}`}.`
  init.tell({ code: "update_switching", message, next: null })
  if (version === null) supervised.restart()
  else supervised.switchTo(version)
  node.end()
}
