import { decodeCanonical, encodeCanonical } from "@spore/records"
import { z } from "zod"
import { transportError } from "../errors.ts"
import type { FrameStream } from "../frames.ts"
import { DIGEST_BYTES, ENTRY_BYTES } from "./log-list.ts"

/** What one side asks of the other, one after the other; each is answered in order. */
export type Ask =
  /** The logs you carry. */
  | { ask: "logs" }
  /** The facts of a log, unless its fingerprint is this. */
  | { ask: "list"; log: string; unless: Uint8Array }
  /** The envelopes of these digests, concatenated. */
  | { ask: "facts"; digests: Uint8Array }
  /** No more: now you. */
  | { ask: "done" }

/** An answer comes in parts; `more` says that another follows. */
export interface LogsPart {
  logs: string[]
  more: boolean
}

/** Entries in ascending order over all parts, concatenated; null where both logs are the same. */
export interface ListPart {
  entries: Uint8Array | null
  more: boolean
}

/** Envelopes of what was asked for and is held, in any order. */
export interface FactsPart {
  envelopes: Uint8Array[]
  more: boolean
}

/** Logs in one message. */
export const LOGS_PER_PART = 4096
/** Entries in one message: 320 KiB. */
export const ENTRIES_PER_PART = 8192
/** Bytes of envelopes after which a message is sent. */
export const FACTS_PART_BYTES: number = 512 * 1024

const bytes = z.instanceof(Uint8Array)
const logName = z.string().regex(/^(tasks|profiles|task\/b[a-z2-7]{58})$/)

const askSchema: z.ZodType<Ask> = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("logs") }),
  z.strictObject({
    ask: z.literal("list"),
    log: logName,
    unless: bytes.refine((value) => value.length === DIGEST_BYTES),
  }),
  z.strictObject({ ask: z.literal("facts"), digests: bytes.refine(isWhole(DIGEST_BYTES)) }),
  z.strictObject({ ask: z.literal("done") }),
])
export const logsPart: z.ZodType<LogsPart> = z.strictObject({
  logs: z.array(logName).max(LOGS_PER_PART),
  more: z.boolean(),
})
export const listPart: z.ZodType<ListPart> = z.strictObject({
  entries: bytes.refine(isWhole(ENTRY_BYTES)).nullable(),
  more: z.boolean(),
})
export const factsPart: z.ZodType<FactsPart> = z.strictObject({ envelopes: z.array(bytes), more: z.boolean() })

/** Messages over a frame stream. */
export interface MessageStream {
  ask(message: Ask): Promise<void>
  answer(message: LogsPart | ListPart | FactsPart): Promise<void>
  /** The next part of an answer. */
  readAnswer<T>(schema: z.ZodType<T>): Promise<T>
  /** The next question; `done` where the peer ended its side instead. */
  readAsk(): Promise<Ask>
}

export interface MessageTimes {
  syncFrameBytes: number
  syncStepMs: number
  syncIdleMs: number
}

export function messageStream(
  frames: FrameStream,
  { syncFrameBytes, syncStepMs, syncIdleMs }: MessageTimes,
): MessageStream {
  return {
    ask: (message) => frames.write(syncStepMs, encodeCanonical(message)),
    answer: (message) => frames.write(syncStepMs, encodeCanonical(message)),
    readAnswer: async (schema) => {
      const frame = await frames.read(syncFrameBytes, syncStepMs)
      if (frame === undefined) throw transportError("stream_ended", "the peer ended before its answer")
      return decode(schema, frame)
    },
    readAsk: async () => {
      const frame = await frames.read(syncFrameBytes, syncIdleMs)
      return frame === undefined ? { ask: "done" } : decode(askSchema, frame)
    },
  }
}

function decode<T>(schema: z.ZodType<T>, frame: Uint8Array): T {
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

function isWhole(unit: number): (value: Uint8Array) => boolean {
  return (value) => value.length > 0 && value.length % unit === 0
}
