import type { Socket } from "node:net"
import { createLru, isSporeError, messageOf } from "@spore/records"
import { isLegacyId } from "../links.ts"
import { familyOf, isLegacyType, type LegacyType } from "../objects/families.ts"
import type { LegacyObject } from "../objects/object.ts"
import { createAnswers } from "./serve.ts"
import { createBucket } from "./bucket.ts"
import { createCodeFetch } from "./code-fetch.ts"
import { createConnection, reasonOf } from "./connection.ts"
import { wireError } from "./errors.ts"
import { encodeObjectFrame, type LegacyMessage, MAX_LEGACY_FRAME, parseMessage } from "./frame.ts"
import type { LegacyFrame } from "./frame-reader.ts"
import { createIntake } from "./intake.ts"
import { LEGACY_LOGS, NO_PEERS, PONG, readCode, readDigest, readTime } from "./messages.ts"
import { createQuestions } from "./questions.ts"
import type { LegacyWire } from "./shared.ts"
import { emptyTraffic, type LegacyTraffic, LISTED_REFUSALS, type VerdictCounts } from "./traffic.ts"

/** For the signature, the id, and another way of writing the same. */
const ROOM = 16 * 1024
const MAX_REQUEST = 4 * 1024
/** Lists of peers are long, and not read. */
const MAX_PEER_LIST = 64 * 1024

export interface LegacyPeerInit {
  readonly wire: LegacyWire
  readonly socket: Socket
  /** The first message that 0.6 knows came. */
  readonly onEstablished?: () => void
  readonly onTraffic?: (traffic: LegacyTraffic) => void
}

/** A connected node of the 0.6 network. Requests are answered and objects taken while `read` runs. */
export interface LegacyPeer {
  readonly remote: string
  readonly closed: AbortSignal
  readonly traffic: LegacyTraffic
  /** When it last sent anything, on the clock of `performance.now()`. */
  lastHeard(): number
  /** Whether something is on its way in either direction that was asked for. */
  isBusy(): boolean
  /** Reads until the connection is over; gives the reason. */
  read(): Promise<Error>
  /** Asks for all three logs from `since` (Unix seconds) on. Whether the answers were whole. */
  pull(since: number): Promise<boolean>
  /** Sends what is stored after a position and the peer is not known to have. Gives the position after it. */
  push(after: number, isWanted?: (entry: { position: number; created: number }) => boolean): Promise<number>
  /** Resolves when no more code is asked for. */
  codeFetched(): Promise<void>
  ping(): Promise<void>
  end(): Promise<void>
  destroy(reason: Error): void
}

export function createLegacyPeer({ wire, socket, onEstablished, onTraffic }: LegacyPeerInit): LegacyPeer {
  const { facts, limits, relay, log } = wire
  const connection = createConnection(socket, limits, limitOf)
  const { remote, closed } = connection
  const traffic = emptyTraffic()
  const questions = createQuestions(connection, limits)
  const answers = createAnswers(wire, connection, fail)
  const code = createCodeFetch(wire, connection, questions, traffic.code, fail)
  const shared = createLru<true>(limits.sharedIds)
  const messages = createBucket(limits.messageBurst, limits.messagesPerSecond)
  const bytes = createBucket(limits.byteBurst, limits.bytesPerSecond)
  const faults = createBucket(limits.refusedBurst, limits.refusedPerSecond)
  /** Ids the peer told, from a pull until the push after it. */
  let held: Set<string> | null = null
  let isEstablished = false
  let heardAt = performance.now()

  const intake = createIntake({
    wire,
    from: `legacy ${socket.remoteAddress ?? remote}`,
    onValid: (object) => {
      establish()
      shared.set(object.id, true)
      held?.add(object.id)
      for (const digest of codeOf(object)) code.want(digest)
    },
    onVerdict: (type, verdict) => count(type, verdict),
    onRefused: (type, error) => {
      count(type, "refused")
      refuse(messageOf(error))
    },
    onFailure: fail,
  })

  function fail(error: unknown): void {
    if (closed.aborted) return
    if (!isSporeError(error)) log.error({ peer: remote, error: messageOf(error) }, "0.6 peer lost")
    connection.destroy(error instanceof Error ? error : new Error(messageOf(error)))
  }

  function count(type: LegacyType, verdict: keyof VerdictCounts): void {
    traffic.received[type][verdict]++
    onTraffic?.(traffic)
  }

  function list(reason: string): void {
    if (traffic.refusals.length < LISTED_REFUSALS) traffic.refusals.push(reason)
  }

  /** Costs the peer something; too much of it ends the connection. */
  function refuse(reason: string): void {
    list(reason)
    log.debug({ peer: remote, reason }, "refused from a 0.6 peer")
    const isBorne = questions.isOpen() ? questions.refused() : faults.tryTake(1)
    if (!isBorne) connection.destroy(wireError("protocol_violation", `too much was refused, such as: ${reason}`))
  }

  function limitOf(type: string | null): number {
    if (type === null) return MAX_REQUEST
    if (isLegacyType(type)) return familyOf(type).maxPayload + ROOM
    if (type === "code_response") return code.isExpecting() ? MAX_LEGACY_FRAME : MAX_REQUEST
    return type === "pex_response" ? MAX_PEER_LIST : MAX_REQUEST
  }

  async function handle(frame: LegacyFrame): Promise<void> {
    if (!frame.isKept) return letPast(frame)
    if (frame.type !== null && isLegacyType(frame.type)) return takeObject(frame.type, frame)
    const message = parseMessage(frame.body)
    if (isLegacyType(message.type)) return takeObject(message.type, frame)
    await takeMessage(message)
  }

  /** A file of code beyond 1 MiB: asked for, and no fault of the peer's. */
  async function letPast({ length }: LegacyFrame): Promise<void> {
    list(`a file of code in ${length} bytes, beyond 1 MiB`)
    await bytes.take(length, closed)
  }

  async function takeObject(type: LegacyType, frame: LegacyFrame): Promise<void> {
    if (questions.isOpen()) questions.object(frame.bytes.length)
    else await bytes.take(frame.bytes.length, closed)
    await intake.add(type, frame)
  }

  async function takeMessage({ type, payload }: LegacyMessage): Promise<void> {
    for (const name of LEGACY_LOGS) {
      if (type === `${name}_request`) {
        const since = readTime(payload, "since")
        if (since === null) return refuse("a request since no time")
        establish()
        return answers.log(name, since)
      }
      if (type === `${name}_response`) {
        // Its objects came before it, and count once they are stored.
        await intake.settled()
        establish()
        if (!questions.marker(name, readTime(payload, "count") ?? 0)) refuse(`a ${type} that nobody asked for`)
        return
      }
    }
    switch (type) {
      case "ping":
        establish()
        return connection.send(PONG)
      case "pong":
        establish()
        if (!questions.pong()) refuse("a pong that nobody asked for")
        return
      case "pex_request":
        establish()
        return connection.send(NO_PEERS)
      case "pex_response":
        // Never asked for, never believed: a node would dial whatever it is told.
        return refuse("a list of peers")
      case "code_request": {
        const digest = readDigest(payload)
        if (digest === null) return refuse("a request for code by something else than its sha-256")
        establish()
        return answers.code(digest)
      }
      case "code_response": {
        const isTaken = await code.receive(readDigest(payload) ?? "", readCode(payload) ?? new Uint8Array())
        onTraffic?.(traffic)
        if (!isTaken) refuse("code that is not what was asked for")
        return
      }
      default:
        refuse("a message of no known type")
    }
  }

  function establish(): void {
    if (isEstablished) return
    isEstablished = true
    onEstablished?.()
  }

  async function frameOf(id: string): Promise<Uint8Array | undefined> {
    const kept = relay.get(id)
    if (kept !== undefined) return kept
    const object = await facts.object(id)
    if (object === undefined) return undefined
    const frame = encodeObjectFrame(object)
    relay.add(id, frame)
    return frame
  }

  return {
    remote,
    closed,
    traffic,
    lastHeard: () => heardAt,
    isBusy: () => answers.isBusy() || questions.isOpen(),
    read: async () => {
      try {
        for await (const frame of connection.frames()) {
          heardAt = performance.now()
          questions.heard()
          const isAsked = questions.isOpen() && frame.type !== null && isLegacyType(frame.type)
          if (!isAsked) await messages.take(1, closed)
          await handle(frame)
        }
      } catch (error) {
        fail(isSporeError(error, "bad_json", "bad_schema", "too_deep") ? notAMessage(error) : error)
      }
      fail(wireError("connection_closed", "the peer ended the connection"))
      return reasonOf(closed)
    },
    pull: async (since) => {
      held = new Set()
      code.renew()
      let isWhole = true
      for (const name of LEGACY_LOGS) isWhole = (await questions.log(name, since)) && isWhole
      return isWhole
    },
    push: async (after, isWanted = () => true) => {
      let position = after
      for (;;) {
        const { entries, next } = await facts.page(position)
        for (const entry of entries) {
          if (!isWanted(entry) || held?.has(entry.id) === true || shared.get(entry.id) === true) continue
          const frame = await frameOf(entry.id)
          if (frame === undefined) continue
          await connection.send(frame)
          shared.set(entry.id, true)
          traffic.sent[entry.type]++
          onTraffic?.(traffic)
        }
        if (next === position) break
        position = next
      }
      held = null
      return position
    },
    codeFetched: () => code.settled(),
    ping: () => questions.ping(),
    end: () => connection.end(),
    destroy: (reason) => connection.destroy(reason),
  }
}

/** The files that an object names. Data sets are left where they are: they are large. */
function codeOf(object: LegacyObject): string[] {
  switch (object.kind) {
    case "legacy_experiment":
      return [object.body.code_cid, object.body.prepare_cid].filter(isLegacyId)
    case "legacy_task":
      return [object.body.base_code_cid, object.body.prepare_cid].filter(isLegacyId)
    case "legacy_challenge":
    case "legacy_challenge_response":
    case "legacy_verification":
    case "legacy_dispute":
    case "legacy_profile":
      return []
  }
}

function notAMessage(cause: Error): Error {
  return wireError("protocol_violation", `not a message: ${cause.message}`, { cause })
}
