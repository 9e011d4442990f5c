import type { Activity } from "@spore/api/client"
import { viewActivity } from "@spore/api/views"
import { createSporeNode, type NodeMode, type Notice, type SporeNode } from "@spore/node"
import { claimFolder, createUndo } from "@spore/node/local"
import { isSporeError } from "@spore/records"
import { STOP_MS } from "../run/ending.ts"
import { createLogFile } from "../run/log-file.ts"
import { logPath } from "../logs/path.ts"
import { networkOf } from "../run/listen.ts"
import { nodeInit, type NodeInitSource } from "../run/node-init.ts"

/** For peers that may have the code, where it is not here. */
const PATIENCE_MS = 20_000

/** What a node of this process is to do. */
export interface OwnAct {
  readonly mode: NodeMode
  /** What it gives, and the id of the fact it published, if any. It may be begun again when a peer came. */
  do(node: SporeNode, signal: AbortSignal): Promise<{ readonly given: string; readonly published: string | null }>
}

export interface OwnActInit extends Omit<NodeInitSource, "mode"> {
  solo: boolean
  act: OwnAct
  signal: AbortSignal
  /** What this process runs meanwhile. */
  onActivities: (activities: readonly Activity[]) => void
  onNotice: (notice: Notice) => void
  /** What to do before this process ends at once. */
  beforeHardEnd: (action: () => void) => void
}

/**
 * Does one thing by a node of this process that does nothing else and ends with it; gives what that gave. Peers are
 * dialled for the code, and told of the result.
 *
 * @throws SporeError `already_running` and whatever keeps the node from doing it
 */
export async function actHere(init: OwnActInit): Promise<string> {
  const { dataDir, folder, settings, solo, act, signal } = init
  const log = createLogFile(logPath(dataDir), settings.logLevel)
  const undo = createUndo(log)
  undo.push("log", () => log.close())
  try {
    const claim = await claimFolder(folder.paths.running, dataDir, Date.now())
    undo.push("claim", () => claim.release())
    init.beforeHardEnd(() => claim.release())
    const node = await createSporeNode({
      ...nodeInit({ ...init, mode: act.mode }, log),
      ...networkOf(settings, solo),
      // It dials; there is no time in which others could.
      listen: ["/ip4/127.0.0.1/tcp/0"],
      relay: "none",
      verify: { enabled: false },
    })
    undo.push("node", (withinMs) => node.stop({ withinMs }))
    const told = Promise.withResolvers<void>()
    let awaited: string | null = null
    const followed = new Set<string>()
    const peers = watchPeers(node)
    node.onEvent((event) => {
      if (event.type === "activity") init.onActivities(event.activity === null ? [] : [viewActivity(event.activity)])
      if (event.type === "notice") init.onNotice(event.notice)
      if (event.type !== "fact") return
      followed.add(event.id)
      if (event.id === awaited) told.resolve()
    })
    await node.start()
    const { given, published } = await doOnceHeld(node, act, signal, solo ? null : peers)
    awaited = published
    // Its event comes when peers were told of it.
    if (published !== null && !followed.has(published)) await told.promise
    return given
  } finally {
    await undo.run({ withinMs: STOP_MS })
  }
}

/** Waits for peers. */
interface PeerWatch {
  /** How often peers came or went. */
  changes(): number
  /** Waits until they did since `seen`; false where that takes too long. */
  since(seen: number, signal: AbortSignal): Promise<boolean>
}

/** @param peers who may have the code; null where nobody is dialled */
async function doOnceHeld(
  node: SporeNode,
  act: OwnAct,
  signal: AbortSignal,
  peers: PeerWatch | null,
): ReturnType<OwnAct["do"]> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  for (;;) {
    const seen = peers?.changes() ?? 0
    try {
      return await act.do(node, signal)
    } catch (error) {
      const mayCome = isSporeError(error, "artifact_unavailable") && peers !== null
      if (!mayCome || !(await peers.since(seen, patience))) throw error
    }
  }
}

function watchPeers(node: SporeNode): PeerWatch {
  let changes = 0
  const waiting = new Set<() => void>()
  node.onEvent(({ type }) => {
    if (type !== "peers") return
    changes++
    for (const wake of waiting) wake()
  })
  return {
    changes: () => changes,
    since: (seen, signal) =>
      new Promise((resolve) => {
        const settle = (): void => {
          waiting.delete(settle)
          signal.removeEventListener("abort", settle)
          resolve(changes > seen)
        }
        if (changes > seen || signal.aborted) return settle()
        waiting.add(settle)
        signal.addEventListener("abort", settle)
      }),
  }
}
