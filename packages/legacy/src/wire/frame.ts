import { concatBytes } from "@spore/records"
import { refuse } from "../errors.ts"
import { type LegacyType, typeOfKind } from "../objects/families.ts"
import type { LegacyObject } from "../objects/object.ts"
import { toWire } from "../objects/write.ts"
import { parsePythonJson, type PyJson } from "../python-json/index.ts"

/** Most bytes of a message; 0.6 closes the connection over a longer one. */
export const MAX_LEGACY_FRAME: number = 10 * 1024 * 1024
const HEADER = 4

/** The types of messages that 0.6 nodes exchange beside objects. */
export type LegacyRequestType =
  | `${"" | "control_" | "task_"}sync_${"request" | "response"}`
  | "pex_request"
  | "pex_response"
  | "code_request"
  | "code_response"
  | "ping"
  | "pong"

export interface LegacyMessage {
  readonly type: string
  readonly payload: PyJson
}

/** An object as a frame of the 0.6 wire. */
export function encodeObjectFrame(object: Pick<LegacyObject, "kind" | "payload" | "signature">): Uint8Array {
  return encodeFrame(typeOfKind(object.kind), toWire(object))
}

/**
 * A message as a frame: four bytes of length, big-endian, and the JSON `{"type":…,"payload":…}`.
 *
 * @param payload its JSON text
 * @throws SporeError `too_large`
 */
export function encodeFrame(type: LegacyType | LegacyRequestType, payload: string): Uint8Array {
  const body = new TextEncoder().encode(`{"type":"${type}","payload":${payload}}`)
  if (body.length > MAX_LEGACY_FRAME) throw refuse("too_large", `a message of ${body.length} bytes`)
  const header = new Uint8Array(HEADER)
  new DataView(header.buffer).setUint32(0, body.length)
  return concatBytes(header, body)
}

/**
 * Takes the first frame off what was received: its body, and how many bytes it took. Null while it is incomplete.
 *
 * @throws SporeError `too_large` as soon as the length is known
 */
export function takeFrame(received: Uint8Array): { readonly body: Uint8Array; readonly length: number } | null {
  if (received.length < HEADER) return null
  const length = new DataView(received.buffer, received.byteOffset, received.length).getUint32(0)
  if (length > MAX_LEGACY_FRAME) throw refuse("too_large", `a message of ${length} bytes, limit ${MAX_LEGACY_FRAME}`)
  if (received.length < HEADER + length) return null
  return { body: received.subarray(HEADER, HEADER + length), length: HEADER + length }
}

/**
 * Reads a frame's body. `openLegacy` takes the body of an object's message as it is.
 *
 * @throws SporeError `bad_json`, `too_deep`, `bad_schema`
 */
export function parseMessage(body: Uint8Array): LegacyMessage {
  const message = parsePythonJson(body)
  const type = message instanceof Map ? message.get("type") : undefined
  if (!(message instanceof Map) || typeof type !== "string") throw refuse("bad_schema", "a message without a type")
  return { type, payload: message.get("payload") ?? new Map() }
}
