import { nativeVerifyBatch, yieldToLoop } from "#native"
import { badSignature } from "./envelope.ts"
import { isSporeError, type RecordErrorCode, SporeError } from "./errors.ts"
import { type AnyRecord, parseEnvelope } from "./record.ts"
import { signedMessage, verifyZip215 } from "./signature.ts"

/** `undecided_signature` is no refusal: the native check says no, and ZIP-215, which decides, was not asked. */
export type OpenErrorCode = RecordErrorCode | "undecided_signature"

/** The record of an envelope, or why there is none. */
export type OpenResult = AnyRecord | SporeError<OpenErrorCode>

export interface VerifyPoolInit {
  /**
   * Signatures given to the threads at once, all batches together; more wait. It should cover the signatures that fit
   * into the longest time the caller keeps the main thread busy, or the threads run dry. 512 by default: about 100 ms
   * of one thread, and at most some 10 MB of messages.
   */
  concurrency?: number
  /** Ends the pool: open batches reject with its reason as soon as what is in flight has come back. */
  signal?: AbortSignal
}

export interface OpenOptions {
  /**
   * Asked before the second step of a signature that the native check refuses, which takes about 1 ms of the main
   * thread: honest signatures never need it in Node, in a browser all do. Where it answers false, the result is the
   * error `undecided_signature`, which says nothing about the envelope. Always yes by default. It must not throw.
   */
  maySecondStep?: () => boolean
}

/** Opens envelopes in batches, with the signatures on other threads. */
export interface VerifyPool {
  /**
   * As `openEnvelope` for each envelope, in order; an invalid one spoils no other. Between any 64 envelopes and any two
   * second steps the event loop runs. The records share the memory of the envelopes, which must not change.
   *
   * To keep all cores busy, open the next batch of at most `concurrency`, wait until it is handed over, then store this
   * one: while the main thread is busy storing, the threads check the signatures of the next.
   */
  open(envelopes: readonly Uint8Array[], options?: OpenOptions): Promise<OpenResult[]>
  /** Resolves once all envelopes given so far were read, and what is left of the work is the threads'. */
  handedOver(): Promise<void>
}

/** Envelopes read in one go: about 2 ms at 2 KB each. */
const CHUNK = 64

export function createVerifyPool({ concurrency = 512, signal }: VerifyPoolInit = {}): VerifyPool {
  const most = Math.max(1, concurrency)
  const chunk = Math.min(CHUNK, most)
  const slots = createSlots(most)
  const nextTurn = createTurns()
  const reading = new Set<Promise<unknown>>()

  async function open(
    envelopes: readonly Uint8Array[],
    { maySecondStep = () => true }: OpenOptions = {},
  ): Promise<OpenResult[]> {
    const results: Promise<OpenResult[]>[] = []
    const read = async (): Promise<void> => {
      for (let at = 0; at < envelopes.length; at += chunk) {
        if (at > 0) await nextTurn()
        signal?.throwIfAborted()
        const parsed = envelopes.slice(at, at + chunk).map(parse)
        await slots.take(parsed.length)
        results.push(check(parsed, maySecondStep))
      }
    }
    try {
      const underWay = read()
      reading.add(underWay)
      await underWay.finally(() => reading.delete(underWay))
      const opened = await Promise.all(results)
      signal?.throwIfAborted()
      return opened.flat()
    } catch (error) {
      await Promise.allSettled(results)
      throw error
    }
  }

  /** The native step for all of them at once, the second for each that needs it. */
  async function check(parsed: readonly OpenResult[], maySecondStep: () => boolean): Promise<OpenResult[]> {
    const records = parsed.filter((result) => isRecord(result))
    const batch = records.map(({ kind, body, payload, signature }) => ({
      publicKey: body.author,
      message: signedMessage(kind, payload),
      signature,
    }))
    const valid = await nativeVerifyBatch(batch).finally(() => slots.give(parsed.length))
    const decided = new Map<OpenResult, OpenResult>()
    for (const [i, record] of records.entries()) {
      if (valid[i] !== true) decided.set(record, await second(record, maySecondStep))
    }
    return parsed.map((result) => decided.get(result) ?? result)
  }

  async function second(record: AnyRecord, maySecondStep: () => boolean): Promise<OpenResult> {
    if (!maySecondStep()) return undecided()
    await nextTurn()
    // `open` says so to its caller; a promise that nobody waits for yet must not reject.
    if (signal?.aborted === true) return undecided()
    const { body, kind, payload, signature } = record
    return verifyZip215(body.author, signedMessage(kind, payload), signature) ? record : badSignature()
  }

  return {
    open,
    handedOver: async () => {
      await Promise.allSettled(reading)
    },
  }
}

function parse(envelope: Uint8Array): OpenResult {
  try {
    return parseEnvelope(envelope)
  } catch (error) {
    if (isSporeError<RecordErrorCode>(error)) return error
    throw error
  }
}

function isRecord(result: OpenResult): result is AnyRecord {
  return !isSporeError(result)
}

function undecided(): SporeError<OpenErrorCode> {
  return new SporeError("undecided_signature", "the native check refuses the signature, and the second was not made")
}

/** Each call resolves in a turn of the event loop of its own, one after the other. */
function createTurns(): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(yieldToLoop))
}

interface Slots {
  /** Resolves once so many are free and taken, first come first served. */
  take(count: number): Promise<void>
  give(count: number): void
}

function createSlots(all: number): Slots {
  let free = all
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const serve = (): void => {
    for (let next = waiting[0]; next !== undefined && next.count <= free; next = waiting[0]) {
      waiting.shift()
      free -= next.count
      next.resolve()
    }
  }
  return {
    take: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve })
        serve()
      }),
    give: (count) => {
      free += count
      serve()
    },
  }
}
