import type { Stream } from "@libp2p/interface"
import type { CID } from "@spore/records"
import { type ArtifactStore, MAX_BLOCK } from "@spore/records/artifacts"
import { transportError } from "../errors.ts"
import { frameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import { decodeAnswer, encodeRequest, MAX_ANSWER_BYTES } from "./protocol.ts"

/** A few blocks, so that the peer need not wait while this side checks and stores one. */
const READ_AHEAD = 4 * MAX_BLOCK

/** Told of each block that was stored, and of each that the peer does not hold. */
export interface BlockListener {
  onStored: (cid: CID, block: Uint8Array) => void
  onLacking: (cid: CID) => void
}

export interface ShareInit extends BlockListener {
  artifacts: ArtifactStore
  limits: TransportLimits
  signal: AbortSignal
}

/**
 * Asks one peer for blocks and stores what it sends.
 *
 * @throws SporeError where the peer fails, stalls or sends other bytes; what was stored before is kept
 */
export async function pullShare(
  stream: Stream,
  cids: readonly CID[],
  { artifacts, limits, signal, onStored, onLacking }: ShareInit,
): Promise<void> {
  const frames = frameStream(stream, { maxBytes: Number.MAX_SAFE_INTEGER, readAhead: READ_AHEAD, signal })
  const batches = Array.from({ length: Math.ceil(cids.length / limits.artifactBatch) }, (_, i) =>
    cids.slice(i * limits.artifactBatch, (i + 1) * limits.artifactBatch),
  )
  try {
    for (const [i, batch] of batches.entries()) {
      // One request ahead, so that the peer never waits for this side's disk.
      const next = batches[i + 1]
      if (i === 0) await ask(batch)
      if (next !== undefined) await ask(next)
      await receive(batch)
    }
    await frames.finish(limits.artifactBlockMs)
  } catch (error) {
    frames.reset(error instanceof Error ? error : new Error(String(error)))
    throw error
  }

  async function ask(batch: readonly CID[]): Promise<void> {
    await frames.write(limits.artifactBlockMs, encodeRequest(batch))
  }

  async function receive(batch: readonly CID[]): Promise<void> {
    const failures: unknown[] = []
    const writes: Promise<void>[] = []
    try {
      for (const cid of batch) {
        const frame = await frames.read(MAX_ANSWER_BYTES, limits.artifactBlockMs)
        if (frame === undefined) throw transportError("stream_ended", "the peer ended before its answer")
        const block = decodeAnswer(frame)
        if (block === undefined) onLacking(cid)
        else writes.push(store(cid, block).catch((error: unknown) => void failures.push(error)))
        if (failures.length > 0) break
      }
    } finally {
      // Also after a failure: a block that came whole is kept.
      await Promise.all(writes)
    }
    if (failures.length > 0) throw failures[0]
  }

  async function store(cid: CID, block: Uint8Array): Promise<void> {
    // `put` checks the bytes against the id before they touch the disk.
    await artifacts.put(cid, block)
    onStored(cid, block)
  }
}
