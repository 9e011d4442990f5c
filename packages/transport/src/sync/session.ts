import type { Stream } from "@libp2p/interface"
import { frameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import type { FactSource } from "../transport.ts"
import { messageStream, type MessageStream } from "./messages.ts"
import { pull } from "./pull.ts"
import { serve } from "./serve.ts"

/** Plain reconciliation: whole lists are compared. Its cost follows the history, so a later protocol replaces it. */
export const SYNC_PROTOCOL = "/spore/sync-plain/1"

export interface SessionInit {
  facts: FactSource
  /** Node id of the peer. */
  peer: string
  limits: TransportLimits
  signal: AbortSignal
}

/** How a session ended: both sides hold the union. */
export interface SessionResult {
  /** Facts stored or kept aside here, and facts sent. */
  received: number
  sent: number
  /** Whether tasks were received. */
  tasks: boolean
}

/** Syncs as the side that opened the stream: it pulls first, then the other. */
export function initiateSession(stream: Stream, init: SessionInit): Promise<SessionResult> {
  return inSession(stream, init, async (peer) => {
    const pulled = await pull(peer, { ...init, from: init.peer })
    await peer.ask({ ask: "done" })
    return { ...pulled, sent: await serve(peer, init) }
  })
}

/** Syncs as the other side. */
export function answerSession(stream: Stream, init: SessionInit): Promise<SessionResult> {
  return inSession(stream, init, async (peer) => {
    const sent = await serve(peer, init)
    const pulled = await pull(peer, { ...init, from: init.peer })
    await peer.ask({ ask: "done" })
    return { ...pulled, sent }
  })
}

async function inSession(
  stream: Stream,
  { limits, signal }: SessionInit,
  run: (peer: MessageStream) => Promise<SessionResult>,
): Promise<SessionResult> {
  const frames = frameStream(stream, {
    maxBytes: limits.syncSessionBytes,
    readAhead: limits.syncFrameBytes,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limits.syncSessionMs)]),
  })
  try {
    const result = await run(messageStream(frames, limits))
    await frames.finish(limits.syncStepMs)
    return result
  } catch (error) {
    frames.reset(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
