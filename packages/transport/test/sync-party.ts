import type { Stream } from "@libp2p/interface"
import { streamPair } from "@libp2p/utils"
import { type Clock, decodeCanonical, silentLogger, systemClock } from "@spore/records"
import { z } from "zod"
import { HOME_LIMITS, type PeerCarries, type TransportLimits } from "../src/index.ts"
import type { SessionResult } from "../src/sync/client.ts"
import { createLogIndex, type LogIndex } from "../src/sync/log-index.ts"
import { createPeerMemory, type PeerMemory } from "../src/sync/peer-memory.ts"
import { answerSession, initiateSession, type SessionInit } from "../src/sync/session.ts"
import type { MemoryFacts } from "./memory-facts.ts"

/** One side of sessions, without a node around it. */
export interface Party {
  readonly facts: MemoryFacts
  readonly index: LogIndex
  readonly memory: PeerMemory
  readonly limits: TransportLimits
  readonly clock: Clock
  carries: PeerCarries | null
}

export function createParty(facts: MemoryFacts, limits: Partial<TransportLimits> = {}, clock = systemClock): Party {
  return {
    facts,
    index: createLogIndex(facts),
    memory: createPeerMemory(clock, 1000),
    limits: { ...HOME_LIMITS, ...limits },
    clock,
    carries: null,
  }
}

export type Message = Record<string, unknown>

export interface Run {
  readonly client: SessionResult
  readonly server: SessionResult
  readonly questions: Message[]
  readonly answers: Message[]
  /** Every frame in order of each direction. */
  readonly frames: { readonly asked: Uint8Array[]; readonly answered: Uint8Array[] }
  /** On the stream, both ways together. */
  readonly bytes: number
}

/** A session between two parties over a stream, with what went over it. */
export async function sessionBetween(client: Party, server: Party): Promise<Run> {
  const [outbound, inbound] = await streamPair()
  const asked = recorded(inbound)
  const answered = recorded(outbound)
  const sessions = [
    initiateSession(outbound, initOf(client, "server")),
    answerSession(inbound, initOf(server, "client")),
  ] as const
  await Promise.allSettled(sessions)
  const [first, second] = await Promise.all(sessions)
  const frames = { asked: framesIn(asked), answered: framesIn(answered) }
  return {
    client: first,
    server: second,
    questions: frames.asked.map(decoded),
    answers: frames.answered.map(decoded),
    frames,
    bytes: [...asked, ...answered].reduce((sum, chunk) => sum + chunk.length, 0),
  }
}

export function initOf(party: Party, peer: string): SessionInit {
  return {
    ...party,
    peer,
    log: silentLogger,
    onHello: (carries) => (party.carries = carries),
    signal: new AbortController().signal,
  }
}

function recorded(stream: Stream): Uint8Array[] {
  const chunks: Uint8Array[] = []
  stream.addEventListener("message", ({ data }) => chunks.push(data.subarray()))
  return chunks
}

export function framesIn(chunks: readonly Uint8Array[]): Uint8Array[] {
  const bytes = Uint8Array.from(Buffer.concat(chunks))
  const view = new DataView(bytes.buffer)
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at)
    frames.push(bytes.slice(at + 4, at + 4 + length))
    at += 4 + length
  }
  return frames
}

function decoded(frame: Uint8Array): Message {
  return z.record(z.string(), z.unknown()).parse(decodeCanonical(frame))
}
