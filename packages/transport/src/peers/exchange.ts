import type { Connection, Stream } from "@libp2p/interface"
import type { Multiaddr } from "@multiformats/multiaddr"
import { type Clock, createLru, isSporeError, type Logger, messageOf, type Random } from "@spore/records"
import type { TransportErrorCode } from "../errors.ts"
import { type FrameStream, frameStream } from "../frames.ts"
import { withPeer } from "./address.ts"
import {
  answerBytes,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  openPeerRecord,
  QUESTION_BYTES,
  type StatedPeer,
} from "./exchange-messages.ts"
import { endpointOf, isDialable } from "./hosts.ts"
import type { PeerLimits } from "./limits.ts"

export const PEERS_PROTOCOL = "/spore/peers/1"

/** Peers of which the time of the last question or answer is remembered. */
const REMEMBERED = 4096

export interface PeerExchangeInit {
  limits: PeerLimits
  /** Whether addresses of this machine and its network are passed on and taken. */
  lan: boolean
  clock: Clock
  random: Random
  log: Logger
  self: string
  peers: () => string[]
  /** Open connections of a peer. */
  connectionsOf: (peer: string) => readonly Connection[]
  /** The record that a connected peer signed about itself. */
  recordOf: (peer: string) => Promise<Uint8Array | undefined>
  openStream: (peer: string, protocol: string, signal: AbortSignal) => Promise<Stream>
  /** An address that its own peer signed. False where it is of no use. */
  onTold: (address: string) => boolean
  onFailed: (peer: string, error: unknown) => void
}

/**
 * Asking peers for others. What comes back is only what each named peer signed about itself, and of that only public
 * addresses; nobody can send a list that was not asked for.
 */
export interface PeerExchange {
  /** Asks a peer, unless it was asked lately. Never throws. */
  ask(peer: string): Promise<void>
  answer(peer: string, stream: Stream): Promise<void>
  /** Takes what a connected peer says of itself, where it is seen to come from there. */
  takeOwn(peer: string): Promise<void>
  stop(): void
}

export function createPeerExchange(init: PeerExchangeInit): PeerExchange {
  const { limits, lan, clock, random, log } = init
  const asked = createLru<number>(REMEMBERED)
  const answered = createLru<number>(REMEMBERED)
  const stopping = new AbortController()

  async function askOnce(peer: string): Promise<void> {
    const stream = await init.openStream(peer, PEERS_PROTOCOL, stopping.signal)
    const records = await exchange(stream, async (frames) => {
      await frames.write(limits.peersStepMs, encodeQuestion(limits.peersPerAnswer))
      const answer = await frames.read(answerBytes(limits), limits.peersStepMs)
      return answer === undefined ? [] : decodeAnswer(answer, limits)
    })
    let taken = 0
    for (const record of records) taken += take(await openPeerRecord(record))
    log.debug({ peer, records: records.length, taken }, "asked for peers")
  }

  async function exchange<T>(stream: Stream, talk: (frames: FrameStream) => Promise<T>): Promise<T> {
    const frames = frameStream(stream, {
      maxBytes: answerBytes(limits) + QUESTION_BYTES,
      readAhead: QUESTION_BYTES,
      signal: stopping.signal,
    })
    try {
      const result = await talk(frames)
      await frames.finish(limits.peersStepMs)
      return result
    } catch (error) {
      frames.reset(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  /** Takes the addresses of one peer; gives how many were new. */
  function take({ nodeId, addresses }: StatedPeer): number {
    if (nodeId === init.self) return 0
    const usable = addresses.filter((address) => isDialable(address, lan)).slice(0, limits.addressesPerPeer)
    return usable.filter((address) => init.onTold(withPeer(address, nodeId))).length
  }

  /** The record of a connected peer that is seen to be where it says it is. */
  async function attested(peer: string): Promise<{ bytes: Uint8Array; stated: StatedPeer } | undefined> {
    const bytes = await init.recordOf(peer)
    if (bytes === undefined || bytes.length > limits.peerRecordBytes) return undefined
    const stated = await openPeerRecord(bytes)
    const hosts = new Set(init.connectionsOf(peer).map(({ remoteAddr }) => endpointOf(remoteAddr)?.host))
    const isThere = (address: Multiaddr): boolean => hosts.has(endpointOf(address)?.host)
    return stated.addresses.some((address) => isDialable(address, lan) && isThere(address))
      ? { bytes, stated }
      : undefined
  }

  async function recordsFor(peer: string, most: number): Promise<Uint8Array[]> {
    const records: Uint8Array[] = []
    const others = shuffled(
      init.peers().filter((other) => other !== peer),
      random,
    )
    for (const other of others) {
      if (records.length >= Math.min(most, limits.peersPerAnswer)) break
      const record = await attested(other).catch(() => undefined)
      if (record !== undefined) records.push(record.bytes)
    }
    return records
  }

  function isSoon(times: { get(key: string): number | undefined }, peer: string, pauseMs: number): boolean {
    const last = times.get(peer)
    return last !== undefined && clock.now() - last < pauseMs
  }

  return {
    ask: async (peer) => {
      if (stopping.signal.aborted || isSoon(asked, peer, limits.peersAskMs)) return
      asked.set(peer, clock.now())
      try {
        await askOnce(peer)
      } catch (error) {
        if (stopping.signal.aborted) return
        log.debug({ peer, error: messageOf(error) }, "peers not asked")
        init.onFailed(peer, error)
      }
    },
    answer: async (peer, stream) => {
      try {
        await exchange(stream, async (frames) => {
          const question = await frames.read(QUESTION_BYTES, limits.peersStepMs)
          if (question === undefined) return
          const most = decodeQuestion(question)
          const isEarly = isSoon(answered, peer, limits.peersAnswerMs)
          if (!isEarly) answered.set(peer, clock.now())
          await frames.write(limits.peersStepMs, encodeAnswer(isEarly ? [] : await recordsFor(peer, most)))
        })
      } catch (error) {
        if (!stopping.signal.aborted) init.onFailed(peer, error)
      }
    },
    takeOwn: async (peer) => {
      try {
        const record = await attested(peer)
        if (record !== undefined) take(record.stated)
      } catch (error) {
        if (isSporeError<TransportErrorCode>(error)) log.debug({ peer, error: error.message }, "record not taken")
        else throw error
      }
    },
    stop: () => stopping.abort(),
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
