import type { Stream } from "@libp2p/interface"
import { type FrameStream, frameStream } from "../frames.ts"
import { createAnswerer, createAsker } from "./channel.ts"
import { type PartyInit, type SessionResult, syncAsClient } from "./client.ts"
import { syncAsServer } from "./serve.ts"

export const SYNC_PROTOCOL = "/spore/sync/1"

/** What a session may go beyond its share to finish what was begun. */
const FINISH_BYTES = 16 * 1024 * 1024

export interface SessionInit extends PartyInit {
  signal: AbortSignal
}

/** Syncs as the side that opened the stream, which asks. At the end both sides hold the union. */
export function initiateSession(stream: Stream, init: SessionInit): Promise<SessionResult> {
  return inSession(stream, init, (frames) =>
    syncAsClient(createAsker(frames, init.limits), init, (reason) => frames.reset(reason)),
  )
}

/** Syncs as the other side, which answers. */
export function answerSession(stream: Stream, init: SessionInit): Promise<SessionResult> {
  return inSession(stream, init, (frames) => syncAsServer(createAnswerer(frames, init.limits), init))
}

async function inSession(
  stream: Stream,
  { limits, signal }: SessionInit,
  run: (frames: FrameStream) => Promise<SessionResult>,
): Promise<SessionResult> {
  const frames = frameStream(stream, {
    maxBytes: limits.syncSessionBytes + FINISH_BYTES,
    readAhead: limits.syncFrameBytes,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limits.syncSessionMs)]),
  })
  try {
    const result = await run(frames)
    await frames.finish(limits.syncStepMs)
    return result
  } catch (error) {
    frames.reset(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
