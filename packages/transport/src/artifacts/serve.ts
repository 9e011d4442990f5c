import type { Stream } from "@libp2p/interface"
import { type CID, type Logger, messageOf } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { transportError } from "../errors.ts"
import { frameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import type { Holdings } from "./holdings.ts"
import type { Pace } from "./pace.ts"
import { decodeRequest, encodeAnswer, MAX_REQUEST_BYTES } from "./protocol.ts"

export interface ServeBlocksInit {
  artifacts: ArtifactStore
  limits: TransportLimits
  /** How fast this peer is answered, on all its streams. */
  pace: { readonly ids: Pace; readonly bytes: Pace }
  holdings: Holdings
  log: Logger
  signal: AbortSignal
}

/**
 * Answers requests for blocks until the peer ends the stream. One block is read while the one before is sent; no more
 * is kept for a peer that does not read.
 *
 * @throws SporeError on anything the peer does wrong
 */
export async function serveBlocks(stream: Stream, init: ServeBlocksInit): Promise<void> {
  const { artifacts, limits, pace, holdings, log, signal } = init
  const frames = frameStream(stream, { maxBytes: Number.MAX_SAFE_INTEGER, readAhead: MAX_REQUEST_BYTES, signal })
  const holding = holdings.open(() => frames.reset(transportError("timed_out", "others read faster")))
  try {
    for (;;) {
      const request = await frames.read(MAX_REQUEST_BYTES, limits.artifactRequestMs)
      if (request === undefined) break
      await answer(decodeRequest(request))
    }
    await frames.finish(limits.artifactBlockMs)
  } catch (error) {
    frames.reset(error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    holding.end()
  }

  async function answer(cids: readonly CID[]): Promise<void> {
    let reading = read(cids[0])
    for (const next of [...cids.slice(1), undefined]) {
      const block = await reading
      await pace.bytes.pass(block?.length ?? 0)
      holding.hold(block?.length ?? 0)
      const sending = frames.write(limits.artifactBlockMs, ...encodeAnswer(block))
      reading = read(next)
      await sending
    }
    holding.end()
  }

  async function read(cid: CID | undefined): Promise<Uint8Array | undefined> {
    if (cid === undefined || signal.aborted) return undefined
    await pace.ids.pass(1)
    try {
      return await artifacts.get(cid)
    } catch (error) {
      log.warn({ cid: cid.toString(), error: messageOf(error) }, "cannot read a block")
      return undefined
    }
  }
}
