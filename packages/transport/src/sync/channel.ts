import type { z } from "zod"
import { transportError } from "../errors.ts"
import type { FrameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import { type Answer, decodeMessage, encodeMessage, type Question, question } from "./messages.ts"

/** Reads the next part of an answer. */
export type ReadPart = <T>(schema: z.ZodType<T>) => Promise<T>

/** The side of a session that asks. Several may ask at the same time: answers come in the order of the questions. */
export interface Asker {
  ask<T>(message: Question, schema: z.ZodType<T>): Promise<T>
  /**
   * Asks what has an answer of several parts; `read` gets them when it is this question's turn, and the next question's
   * turn comes when it is done.
   *
   * @throws SporeError `session_over` once the session has used up its share
   */
  askParts<T>(message: Question, read: (next: ReadPart) => Promise<T>): Promise<T>
  /** Says that there is no more to ask. */
  done(): Promise<void>
}

/** The side that answers. */
export interface Answerer {
  /** The next question; `done` where the peer ended its side instead. */
  next(): Promise<Question>
  answer(message: Answer): Promise<void>
  /** Whether the session has used up its share. */
  isOver(): boolean
}

/** What a session may use up: bytes each way, questions, and three quarters of its time, so that it can end in order. */
function createMeter({ syncSessionBytes, syncQuestions, syncSessionMs }: TransportLimits): {
  count: (frame: Uint8Array, way: "sent" | "received") => void
  countQuestion: () => void
  isOver: () => boolean
} {
  const deadline = performance.now() + 0.75 * syncSessionMs
  const bytes = { sent: 0, received: 0 }
  let questions = 0
  return {
    count: (frame, way) => (bytes[way] += frame.length),
    countQuestion: () => questions++,
    isOver: () =>
      Math.max(bytes.sent, bytes.received) >= syncSessionBytes ||
      questions >= syncQuestions ||
      performance.now() >= deadline,
  }
}

export function createAsker(frames: FrameStream, limits: TransportLimits): Asker {
  const meter = createMeter(limits)
  let lastTurn: Promise<unknown> = Promise.resolve()

  async function write(message: Question): Promise<void> {
    const frame = encodeMessage(message)
    meter.count(frame, "sent")
    meter.countQuestion()
    await frames.write(limits.syncStepMs, frame)
  }

  async function readPart<T>(schema: z.ZodType<T>): Promise<T> {
    const frame = await frames.read(limits.syncFrameBytes, limits.syncStepMs)
    if (frame === undefined) throw transportError("stream_ended", "the peer ended before its answer")
    meter.count(frame, "received")
    return decodeMessage(schema, frame)
  }

  async function askParts<T>(message: Question, read: (next: ReadPart) => Promise<T>): Promise<T> {
    if (meter.isOver()) throw transportError("session_over", "the session has used up its share")
    const written = write(message)
    const turn = Promise.all([written, lastTurn]).then(() => read(readPart))
    lastTurn = turn.catch(() => undefined)
    return turn
  }

  return {
    ask: (message, schema) => askParts(message, (next) => next(schema)),
    askParts,
    done: () => write({ ask: "done" }),
  }
}

export function createAnswerer(frames: FrameStream, limits: TransportLimits): Answerer {
  const meter = createMeter(limits)
  return {
    next: async () => {
      const frame = await frames.read(limits.syncFrameBytes, limits.syncIdleMs)
      if (frame === undefined) return { ask: "done" }
      meter.count(frame, "received")
      meter.countQuestion()
      return decodeMessage(question, frame)
    },
    answer: async (message) => {
      const frame = encodeMessage(message)
      meter.count(frame, "sent")
      await frames.write(limits.syncStepMs, frame)
    },
    isOver: meter.isOver,
  }
}
