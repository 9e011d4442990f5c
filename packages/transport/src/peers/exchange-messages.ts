import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record"
import type { Multiaddr } from "@multiformats/multiaddr"
import { bytesEqual, decodeCanonical, encodeCanonical, messageOf } from "@spore/records"
import { z } from "zod"
import { transportError } from "../errors.ts"
import { isNodeId } from "./address.ts"
import type { PeerLimits } from "./limits.ts"

/** Bytes of a question. */
export const QUESTION_BYTES = 64

const questionSchema = z.strictObject({ ask: z.literal("peers"), most: z.int().min(1).max(1024) })

/** A peer's own statement of where it is reached. */
export interface StatedPeer {
  readonly nodeId: string
  readonly addresses: readonly Multiaddr[]
}

export function encodeQuestion(most: number): Uint8Array {
  return encodeCanonical({ ask: "peers", most })
}

/** @throws SporeError `bad_message` */
export function decodeQuestion(bytes: Uint8Array): number {
  return parse(questionSchema, bytes).most
}

export function encodeAnswer(records: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical({ records })
}

/** @throws SporeError `bad_message` where it is none, or holds more or larger records than were asked for */
export function decodeAnswer(bytes: Uint8Array, limits: PeerLimits): Uint8Array[] {
  const record = z.instanceof(Uint8Array).refine(({ length }) => length <= limits.peerRecordBytes)
  return parse(z.strictObject({ records: z.array(record).max(limits.peersPerAnswer) }), bytes).records
}

/** Bytes of the largest answer. */
export function answerBytes({ peersPerAnswer, peerRecordBytes }: PeerLimits): number {
  return 64 + peersPerAnswer * (peerRecordBytes + 8)
}

/**
 * Opens a signed peer record of libp2p: an envelope by the key of the very peer that it speaks of.
 *
 * @throws SporeError `protocol_violation`
 */
export async function openPeerRecord(bytes: Uint8Array): Promise<StatedPeer> {
  try {
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
    const record = PeerRecord.createFromProtobuf(envelope.payload)
    const nodeId = record.peerId.toString()
    const isOwn = record.peerId.publicKey?.equals(envelope.publicKey) === true
    if (!bytesEqual(envelope.payloadType, PeerRecord.CODEC)) throw new Error("not a record of a peer's addresses")
    if (!isOwn || !isNodeId(nodeId)) throw new Error("not signed by the peer that it speaks of")
    return { nodeId, addresses: record.multiaddrs }
  } catch (error) {
    throw transportError("protocol_violation", `a peer record that is none: ${messageOf(error)}`, { cause: error })
  }
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(decodeCanonical(bytes))
  } catch (error) {
    throw transportError("bad_message", `not a message of peer exchange: ${messageOf(error)}`, { cause: error })
  }
}
