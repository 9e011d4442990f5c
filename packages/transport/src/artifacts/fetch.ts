import { type CID, isSporeError, RAW, SporeError } from "@spore/records"
import {
  type ArtifactErrorCode,
  type ArtifactLimits,
  type ArtifactStore,
  MAX_BLOCK,
  missingBlocks,
} from "@spore/records/artifacts"
import { type TransportErrorCode, transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import type { BlockListener } from "./share.ts"
import { createSources, type Share } from "./sources.ts"

/** Room for the nodes of folders and large files, beside the bytes of the files. */
const MAX_NODE_BYTES = 16 * MAX_BLOCK

export interface FetchInit {
  artifacts: ArtifactStore
  /** Node ids, the most promising first. */
  peers: readonly string[]
  /** What the artifact may cost here. */
  bounds: ArtifactLimits
  limits: TransportLimits
  signal: AbortSignal
  /** Asks a peer for blocks and stores them. */
  pull: (peer: string, cids: readonly CID[], signal: AbortSignal, tell: BlockListener) => Promise<void>
  onFailed: (peer: string, error: unknown) => void
}

/**
 * Fetches the blocks of an artifact that are not here, from several peers at once. What came stays, also on failure.
 *
 * @throws SporeError `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`, or the signal's reason
 */
export async function fetchBlocks(root: CID, init: FetchInit): Promise<void> {
  const { artifacts, bounds, limits } = init
  const ended = new AbortController()
  const signal = AbortSignal.any([init.signal, ended.signal])
  const sources = createSources(init.peers)
  let fileBytes = 0
  let nodeBytes = 0
  try {
    for (;;) {
      // Each walk shows what the blocks of the last one link to: a folder, its folders, their files.
      const missing = new Map((await missingBlocks(artifacts, root, bounds)).map((cid) => [cid.toString(), cid]))
      if (missing.size === 0) return
      while (missing.size > 0) {
        const shares = sources.shareOut(missing.values(), limits)
        if (shares.length === 0) throw unavailable(root)
        await Promise.all(shares.map((share) => fetchShare(share, missing)))
        signal.throwIfAborted()
      }
    }
  } finally {
    ended.abort()
  }

  async function fetchShare({ peer, cids }: Share, missing: Map<string, CID>): Promise<void> {
    let stored = 0
    try {
      await init.pull(peer, cids, signal, {
        onStored: (cid, block) => {
          stored++
          missing.delete(cid.toString())
          if (cid.code === RAW) fileBytes += block.length
          else nodeBytes += block.length
          if (isTooLarge()) throw tooLarge(root)
        },
        onLacking: (cid) => sources.lacks(peer, cid),
      })
    } catch (error) {
      if (isTooLarge()) throw tooLarge(root)
      if (signal.aborted) return
      // A disk that fails is no peer's fault, and no other peer helps.
      if (!(error instanceof SporeError) || isSporeError<TransportErrorCode>(error, "artifact_store_unusable"))
        throw error
      init.onFailed(peer, error)
      if (stored === 0 || isSporeError<ArtifactErrorCode>(error, "artifact_mismatch")) sources.drop(peer)
    }
  }

  function isTooLarge(): boolean {
    return fileBytes > bounds.maxBytes || nodeBytes > MAX_NODE_BYTES
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
