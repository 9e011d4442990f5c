import type { Store } from "@spore/dag"
import { type CID, type Clock, type Logger, messageOf } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { collectGarbage, type Collected } from "./artifact-garbage.ts"
import type { ArtifactPins } from "./artifact-pins.ts"
import { gib } from "./artifact-quota.ts"
import { namedArtifacts } from "./artifact-worth.ts"
import { blockedArtifacts } from "./blocked-artifacts.ts"
import type { Notice } from "./node.ts"

/** After a collection that freed too little: what was too fresh then may be freed later. */
const PAUSE_MS = 10 * 60_000
/** Below what a collection leaves, so that what it deleted is not fetched again. */
const LESSER_SHARE = 0.8

/** Keeps what artifacts take on disk within a quota. */
export interface ArtifactKeeper {
  /** The store, with what is put counted. */
  readonly artifacts: ArtifactStore
  /** Bytes held; right after `measure`, about right after it. */
  bytes(): number
  /** Counts what is held. */
  measure(): Promise<void>
  /** Whether something may be fetched unasked; of what matters less, only below four fifths of the quota. */
  hasRoom(mattersLess: boolean): boolean
  /** Runs `work`, during which no block of the artifact is deleted. */
  using<T>(root: CID, work: () => Promise<T>): Promise<T>
  /** Deletes what need not be kept; calls at the same time share the work. */
  collect(options?: { dryRun?: boolean }): Promise<Collected>
  /** Ends what is under way. */
  stop(): Promise<void>
}

export interface ArtifactKeeperInit {
  store: Store
  artifacts: ArtifactStore
  pins: ArtifactPins
  nodeId: string
  bundledTasks: ReadonlySet<string>
  /** Bytes. */
  quota: number
  clock: Clock
  log: Logger
  notify: (notice: Notice) => void
  /** Called when there is room again. */
  onRoom: () => void
}

export function createArtifactKeeper(init: ArtifactKeeperInit): ArtifactKeeper {
  const { store, artifacts, pins, quota, clock, log, notify } = init
  const inUse = new Map<CID, number>()
  let bytes = 0
  let collecting: Promise<Collected> | undefined
  let notBefore = 0
  let isStopped = false

  function added(more: number): void {
    bytes += more
    if (bytes < quota || collecting !== undefined || isStopped || clock.now() < notBefore) return
    collect({}).catch((error: unknown) => log.error({ error: messageOf(error) }, "collecting artifacts failed"))
  }

  async function collect({ dryRun = false }: { dryRun?: boolean }): Promise<Collected> {
    if (dryRun) return look(true)
    collecting ??= collectNow().finally(() => (collecting = undefined))
    return collecting
  }

  async function collectNow(): Promise<Collected> {
    notBefore = clock.now() + PAUSE_MS
    const found = await look(false)
    bytes = found.bytes - found.freedBytes
    log.info({ ...found, quota }, "artifacts collected")
    if (bytes < quota) {
      notBefore = 0
      init.onRoom()
      return found
    }
    notify({
      code: "artifact_quota",
      message: `Artifacts take ${gib(bytes)} of the ${gib(quota)} allowed, and none can go: no more are fetched ahead.`,
      next: "raise artifact_quota in config.toml, or unpin some: spore artifact list",
    })
    return found
  }

  async function look(dryRun: boolean): Promise<Collected> {
    const always = [...(await pins.list()), ...inUse.keys()]
    const named = await namedArtifacts({ ...init, always })
    return collectGarbage({ artifacts, named, withheld: await blockedArtifacts(store), quota, clock, dryRun })
  }

  return {
    artifacts: {
      ...artifacts,
      put: async (cid, block, options) => {
        await artifacts.put(cid, block, options)
        added(block.length)
      },
    },
    bytes: () => bytes,
    measure: async () => {
      let sum = 0
      for await (const block of artifacts.blocks()) sum += block.bytes
      bytes = sum
      added(0)
    },
    hasRoom: (mattersLess) => {
      // What was too fresh to go may be so no longer.
      if (bytes >= quota) added(0)
      return bytes < (mattersLess ? quota * LESSER_SHARE : quota)
    },
    using: async (root, work) => {
      inUse.set(root, (inUse.get(root) ?? 0) + 1)
      try {
        return await work()
      } finally {
        const users = (inUse.get(root) ?? 1) - 1
        if (users === 0) inUse.delete(root)
        else inUse.set(root, users)
      }
    },
    collect: (options = {}) => collect(options),
    stop: async () => {
      isStopped = true
      await collecting?.catch(() => undefined)
    },
  }
}
