import { type CID, RAW, SporeError } from "@spore/records"
import {
  type ArtifactErrorCode,
  type ArtifactLimits,
  type ArtifactStore,
  type BlockLink,
  linksOf,
  MAX_BLOCK,
  maxBlocks,
} from "@spore/records/artifacts"
import { type TransportErrorCode, transportError } from "../errors.ts"
import type { PendingBlock, Scheduler } from "./scheduler.ts"

/** Room for the nodes of folders and large files, beside the bytes of the files. */
const MAX_NODE_BYTES = 16 * MAX_BLOCK

export interface FetchInit {
  artifacts: ArtifactStore
  scheduler: Scheduler
  /** What the artifact may cost here. */
  bounds: ArtifactLimits
  /** Blocks wanted at the same time. */
  maxWants: number
  signal: AbortSignal
}

/**
 * Walks an artifact and fetches what is not here, each block as soon as a link to it is known. What came stays, also on
 * failure, and is not asked for again.
 *
 * @throws SporeError `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`, or the signal's reason
 */
export async function fetchBlocks(root: CID, init: FetchInit): Promise<void> {
  const { artifacts, scheduler, bounds, maxWants, signal } = init
  signal.throwIfAborted()
  const finished = Promise.withResolvers<void>()
  const seen = new Set<string>()
  const ahead: BlockLink[] = []
  const pending = new Set<PendingBlock>()
  const lacking = new Set<string>()
  let active = 0
  /** What was begun before may go on a little longer, but leads to nothing more. */
  let isOver = false
  let fileBytes = 0
  let nodeBytes = 0

  const abort = (): void => finished.reject(signal.reason)
  signal.addEventListener("abort", abort)
  try {
    add({ cid: root, size: null })
    visitMore()
    await finished.promise
  } finally {
    signal.removeEventListener("abort", abort)
    isOver = true
    for (const one of pending) one.release()
  }

  function add(link: BlockLink): void {
    const id = link.cid.toString()
    if (seen.has(id)) return
    seen.add(id)
    if (seen.size > maxBlocks(bounds)) throw tooLarge(root)
    ahead.push(link)
  }

  function visitMore(): void {
    if (isOver) return
    while (active < maxWants) {
      const link = ahead.pop()
      if (link === undefined) break
      active++
      void visit(link).then(() => {
        active--
        visitMore()
      }, finished.reject)
    }
    if (active === 0) finished.resolve()
  }

  async function visit({ cid, size }: BlockLink): Promise<void> {
    if (cid.code === RAW) {
      if (!(await artifacts.has(cid))) await fetched(cid, size)
      return
    }
    const block = (await artifacts.get(cid)) ?? (await fetched(cid, size))
    for (const link of linksOf(cid, block)) add(link)
  }

  async function fetched(cid: CID, size: number | null): Promise<Uint8Array> {
    if (isOver) throw unavailable(root)
    const one = scheduler.want(cid, { size, lacking })
    pending.add(one)
    try {
      const block = await one.block
      if (block === null) throw unavailable(root)
      if (cid.code === RAW) fileBytes += block.length
      else nodeBytes += block.length
      if (fileBytes > bounds.maxBytes || nodeBytes > MAX_NODE_BYTES) throw tooLarge(root)
      return block
    } finally {
      pending.delete(one)
      one.release()
    }
  }
}

function unavailable(root: CID): SporeError<TransportErrorCode> {
  return transportError("artifact_unavailable", `no connected peer holds all of ${root}`, {
    next: "connect to a node that holds it and try again",
  })
}

function tooLarge(root: CID): SporeError<ArtifactErrorCode> {
  return new SporeError("artifact_too_large", `${root} is larger than allowed here`)
}
