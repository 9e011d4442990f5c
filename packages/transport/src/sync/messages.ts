import { decodeCanonical, encodeCanonical } from "@spore/records"
import { z } from "zod"
import { transportError } from "../errors.ts"
import { DIGEST_BYTES, ENTRY_BYTES, FINGERPRINT_BYTES } from "../negentropy/index.ts"

/** What the side that opened the stream asks. Every question but `done` has one answer, `stream` up to eight. */
export type Question =
  /** How many tasks and facts you carry, and the fingerprint of your log of logs; here are mine. */
  | ({ ask: "hello" } & Hello)
  /** A message of Negentropy V1 about a log's facts with `from` ≤ created < `until`. */
  | { ask: "reconcile"; log: string; from: number; until: number; message: Uint8Array }
  /** The names of logs of which the other side has only these hashes, concatenated. */
  | { ask: "names"; hashes: Uint8Array }
  /** The facts of a log with these digests, concatenated. */
  | { ask: "facts"; log: string; digests: Uint8Array }
  /** The facts of a log after this entry, in their order; null is its beginning. */
  | { ask: "stream"; log: string; after: Uint8Array | null }
  /** Facts that you lack. */
  | { ask: "push"; log: string; envelopes: Uint8Array[] }
  /** No more. */
  | { ask: "done" }

/** What each side says of itself. */
export interface Hello {
  tasks: number
  facts: number
  /** 16 bytes. Where both sides have the same, there is nothing to sync. */
  logs: Uint8Array
}

/** Why a question has no answer. `max` is the limit met: of facts in a window, of bytes in a session. */
export interface Refusal {
  refused: "too_many" | "unknown_log" | "session_over"
  max?: number | undefined
}

/** Facts of those asked for that are held and not withheld; `done` tells how many of the digests that takes care of. */
export interface FactsAnswer {
  envelopes: Uint8Array[]
  done: number
}

export interface StreamPart {
  envelopes: Uint8Array[]
  /** The last entry dealt with, whether its fact was held or not; null where there was none. */
  at: Uint8Array | null
  /** `part`: another part of this answer follows; `ask`: there is more, to be asked for; `end`: that was all. */
  next: "part" | "ask" | "end"
}

/** Bytes of envelopes in a message, beyond which no further one is added. */
export const PART_BYTES: number = 512 * 1024
/** Largest message of a reconciliation: enough for a thousand ranges that differ. */
export const RECONCILE_BYTES: number = 512 * 1024
/** Parts of an answer to `stream`. */
export const STREAM_PARTS = 8

const count = z.int().nonnegative()
const bytes = z.instanceof(Uint8Array)
const envelopes = z.array(bytes)
const negentropy = bytes.refine((value) => value.length <= RECONCILE_BYTES)
const entry = bytes.refine((value) => value.length === ENTRY_BYTES)
const digests = bytes.refine((value) => value.length > 0 && value.length % DIGEST_BYTES === 0)
const logName = z.string().regex(/^(tasks|profiles|legacy|task\/b[a-z2-7]{58})$/)
const helloFields = { tasks: count, facts: count, logs: bytes.refine((value) => value.length === FINGERPRINT_BYTES) }
const anyLog = z.union([z.literal("logs"), logName])

export const question: z.ZodType<Question> = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("hello"), ...helloFields }),
  z.strictObject({ ask: z.literal("reconcile"), log: anyLog, from: count, until: count, message: negentropy }),
  z.strictObject({ ask: z.literal("names"), hashes: digests }),
  z.strictObject({ ask: z.literal("facts"), log: logName, digests }),
  z.strictObject({ ask: z.literal("stream"), log: logName, after: entry.nullable() }),
  z.strictObject({ ask: z.literal("push"), log: logName, envelopes: envelopes.min(1) }),
  z.strictObject({ ask: z.literal("done") }),
])

const refusal: z.ZodType<Refusal> = z.strictObject({
  refused: z.enum(["too_many", "unknown_log", "session_over"]),
  max: count.optional(),
})

export const helloAnswer: z.ZodType<Hello> = z.strictObject(helloFields)
export const reconcileAnswer: z.ZodType<{ message: Uint8Array } | Refusal> = orRefusal(
  z.strictObject({ message: negentropy }),
)
export const namesAnswer: z.ZodType<{ names: (string | null)[] }> = z.strictObject({
  names: z.array(logName.nullable()),
})
export const factsAnswer: z.ZodType<FactsAnswer | Refusal> = orRefusal(
  z.strictObject({ envelopes, done: count.positive() }),
)
export const streamPart: z.ZodType<StreamPart | Refusal> = orRefusal(
  z.strictObject({ envelopes, at: entry.nullable(), next: z.enum(["part", "ask", "end"]) }),
)
/** How many of the facts are held now; the rest was not wanted. */
export const pushAnswer: z.ZodType<{ taken: number } | Refusal> = orRefusal(z.strictObject({ taken: count }))

export type Answer =
  | z.infer<typeof helloAnswer>
  | z.infer<typeof reconcileAnswer>
  | z.infer<typeof namesAnswer>
  | z.infer<typeof factsAnswer>
  | z.infer<typeof streamPart>
  | z.infer<typeof pushAnswer>

function orRefusal<T>(answer: z.ZodType<T>): z.ZodType<T | Refusal> {
  return z.union([answer, refusal])
}

export function isRefusal(answer: object): answer is Refusal {
  return "refused" in answer
}

export function encodeMessage(message: Question | Answer): Uint8Array {
  return encodeCanonical(message)
}

/** @throws SporeError `bad_message` */
export function decodeMessage<T>(schema: z.ZodType<T>, frame: Uint8Array): T {
  let value: unknown
  try {
    value = decodeCanonical(frame)
  } catch (error) {
    throw transportError("bad_message", "not canonical DAG-CBOR", { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw transportError("bad_message", "not a message of this protocol", { cause: parsed.error })
  return parsed.data
}
