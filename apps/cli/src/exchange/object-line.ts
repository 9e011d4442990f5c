import { isLegacyKind } from "@spore/legacy"
import { encodeEnvelope, fromHex, type RecordErrorCode, type SignedObject, SporeError } from "@spore/records"
import { z } from "zod"

/** Most bytes of a line: what the largest object of the 0.6 network takes, in base64, with room for the rest. */
export const MAX_LINE: number = 2 * 1024 * 1024

/** A signed object as a file holds it; nothing of it is checked yet. */
export type FiledObject =
  | { readonly form: "envelope"; readonly envelope: Uint8Array; readonly id: string | null }
  | {
      readonly form: "legacy"
      readonly kind: string
      readonly id: string | null
      readonly payload: Uint8Array
      readonly signature: Uint8Array
    }

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")))
const lineSchema = z.union([
  z.object({ id: z.string().nullable().default(null), envelope: base64 }),
  z.object({ kind: z.string(), id: z.string().nullable().default(null), payload: base64, signature: base64 }),
])

/** A signed object as one line of JSON: `{kind, id, envelope}`, of the 0.6 network `{kind, id, payload, signature}`. */
export function lineOf(object: SignedObject): string {
  const { kind, id, payload, signature } = object
  return JSON.stringify(
    isLegacyKind(kind)
      ? { kind, id, payload: inBase64(payload), signature: inBase64(signature) }
      : { kind, id, envelope: inBase64(encodeEnvelope(object)) },
  )
}

/**
 * Reads a line: JSON as `lineOf` writes it, or an envelope in hex or base64.
 *
 * @throws SporeError `bad_encoding`
 */
export function readLine(line: Buffer): FiledObject {
  const text = line.toString("latin1")
  if (!text.startsWith("{")) return { form: "envelope", envelope: bytesOf(text), id: null }
  let value: unknown
  try {
    value = JSON.parse(line.toString("utf8"))
  } catch (error) {
    throw unreadable("a line that is not JSON", error)
  }
  const parsed = lineSchema.safeParse(value)
  if (!parsed.success) throw unreadable("no envelope in base64, and no payload with a signature")
  return "envelope" in parsed.data ? { form: "envelope", ...parsed.data } : { form: "legacy", ...parsed.data }
}

/** An envelope begins with the byte 0x82: in base64 that is a `g`, which is no hex digit. */
function bytesOf(text: string): Uint8Array {
  const hex = fromHex(text)
  if (hex !== null) return hex
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw unreadable("neither hex, base64 nor JSON")
  return new Uint8Array(Buffer.from(text, "base64"))
}

function inBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
}

function unreadable(message: string, cause?: unknown): SporeError<RecordErrorCode> {
  return new SporeError("bad_encoding", message, { cause })
}
