import type { Stream } from "@libp2p/interface"
import { type CID, type Logger, messageOf } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { frameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import { decodeRequest, encodeAnswer, MAX_REQUEST_BYTES } from "./protocol.ts"

export interface ServeBlocksInit {
  artifacts: ArtifactStore
  limits: TransportLimits
  log: Logger
  signal: AbortSignal
}

/**
 * Answers requests for blocks until the peer ends the stream.
 *
 * @throws SporeError on anything the peer does wrong
 */
export async function serveBlocks(stream: Stream, { artifacts, limits, log, signal }: ServeBlocksInit): Promise<void> {
  const frames = frameStream(stream, { maxBytes: Number.MAX_SAFE_INTEGER, readAhead: MAX_REQUEST_BYTES, signal })
  try {
    for (;;) {
      const request = await frames.read(MAX_REQUEST_BYTES, limits.artifactShareMs)
      if (request === undefined) break
      for (const cid of decodeRequest(request, limits.artifactBatch)) {
        await frames.write(limits.artifactBlockMs, ...encodeAnswer(await held(cid)))
      }
    }
    await frames.finish(limits.artifactBlockMs)
  } catch (error) {
    frames.reset(error instanceof Error ? error : new Error(String(error)))
    throw error
  }

  async function held(cid: CID): Promise<Uint8Array | undefined> {
    try {
      return await artifacts.get(cid)
    } catch (error) {
      log.warn({ cid: cid.toString(), error: messageOf(error) }, "cannot read a block")
      return undefined
    }
  }
}
