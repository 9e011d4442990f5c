import { beforeEach, describe, expect, test, vi } from "vitest"
import {
  type AnyRecord,
  concatBytes,
  createIdentity,
  createVerifyPool,
  encodeCanonical,
  encodeEnvelope,
  isSporeError,
  MAX_ENVELOPE,
  type OpenResult,
  signedMessage,
  signRecord,
} from "../src/index.ts"
import { mixedOrderSignature } from "./mixed-order.ts"
import { worked } from "./worked-objects.ts"

/** Counts the checks on threads and can hold their answers back. */
const native = vi.hoisted(() => ({ calls: 0, done: 0, inFlight: 0, most: 0, answers: Promise.resolve() }))
vi.mock("#native", async (importOriginal) => {
  const original = await importOriginal<typeof import("../src/native.node.ts")>()
  return {
    ...original,
    nativeVerifyBatch: async (batch: Parameters<typeof original.nativeVerifyBatch>[0]) => {
      native.calls += batch.length
      native.inFlight += batch.length
      native.most = Math.max(native.most, native.inFlight)
      const valid = await original.nativeVerifyBatch(batch)
      native.done += batch.length
      await native.answers
      native.inFlight -= batch.length
      return valid
    },
  }
})

beforeEach(() => {
  Object.assign(native, { calls: 0, done: 0, inFlight: 0, most: 0, answers: Promise.resolve() })
})

/** Holds every answer of the thread pool back until the function it returns is called. */
function holdAnswers(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  native.answers = promise
  return resolve
}

const author = createIdentity(new Uint8Array(32).fill(9))
const { kind: _kind, v: _v, author: _author, ...fields } = worked.profile.body
const records = Array.from({ length: 300 }, (_, n) => signRecord(author, "profile", { ...fields, created: n }))
const envelopes = records.map(encodeEnvelope)
const ids = records.map(({ id }) => id)
/** The same objects with signatures that fit nothing. */
const forged = records.map(({ payload }) => encodeEnvelope({ payload, signature: new Uint8Array(64).fill(1) }))

/** A record that the native check refuses and ZIP-215 accepts. */
const profileOfSeven = signRecord(createIdentity(new Uint8Array(32).fill(7)), "profile", fields)
const mixed = { ...profileOfSeven, signature: mixedOrderSignature(signedMessage("profile", profileOfSeven.payload)) }

const outcome = (result: OpenResult): string => (isSporeError(result) ? result.code : result.id)

/** How often the event loop came round while `work` was going on. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let timer = setImmediate(function count() {
    turns++
    timer = setImmediate(count)
  })
  try {
    await work
  } finally {
    clearImmediate(timer)
  }
  return turns
}

describe("a batch", () => {
  test("of no envelopes gives no results", async () => {
    expect(await createVerifyPool().open([])).toEqual([])
  })

  test("of every kind opens in order, with the bytes as they came", async () => {
    const objects: AnyRecord[] = Object.values(worked)
    const opened = await createVerifyPool().open(objects.map(encodeEnvelope))
    expect(opened.map(outcome)).toEqual(objects.map(({ id }) => id))
    expect(opened.map((result) => (isSporeError(result) ? null : encodeEnvelope(result)))).toEqual(
      objects.map(encodeEnvelope),
    )
  })

  test("is not spoilt by what is invalid in it", async () => {
    const { payload, signature } = worked.profile
    const batch: [Uint8Array, string][] = [
      [new Uint8Array(), "bad_encoding"],
      ...envelopes.slice(0, 70).map((envelope, n): [Uint8Array, string] => [envelope, ids[n] ?? ""]),
      [forged[0] ?? payload, "bad_signature"],
      [encodeCanonical([payload]), "bad_envelope"],
      [encodeCanonical([encodeCanonical({ kind: "poll", v: 1 }), signature]), "unknown_kind"],
      [encodeCanonical([encodeCanonical({ ...worked.profile.body, bio: 1 }), signature]), "bad_schema"],
      [
        encodeCanonical([encodeCanonical({ ...worked.profile.body, author: new Uint8Array(32) }), signature]),
        "bad_author",
      ],
      [new Uint8Array(MAX_ENVELOPE + 1), "too_large"],
      [envelopes[0] ?? payload, ids[0] ?? ""],
    ]
    const opened = await createVerifyPool().open(batch.map(([envelope]) => envelope))
    expect(opened.map(outcome)).toEqual(batch.map(([, expected]) => expected))
  })

  test("accepts what only ZIP-215 accepts", async () => {
    const foreign = encodeEnvelope({ ...worked.profile, signature: mixed.signature })
    const opened = await createVerifyPool().open([encodeEnvelope(mixed), foreign])
    expect(opened.map(outcome)).toEqual([mixed.id, "bad_signature"])
  })
})

describe("what is in flight", () => {
  test("is bounded over all batches together, and reaches the bound", async () => {
    const pool = createVerifyPool({ concurrency: 8 })
    const opened = await Promise.all([pool.open(envelopes.slice(0, 150)), pool.open(envelopes.slice(150))])
    expect(opened.flat().map(outcome)).toEqual(ids)
    expect(native.most).toBe(8)
  })

  test("holds the next batch while this one is waited for", async () => {
    const answer = holdAnswers()
    const pool = createVerifyPool()
    const batches = [pool.open(envelopes.slice(0, 150)), pool.open(envelopes.slice(150))]
    await vi.waitFor(() => expect(native.calls).toBe(300), { timeout: 20_000 })
    answer()
    expect((await Promise.all(batches)).flat().map(outcome)).toEqual(ids)
  })
})

describe("the event loop", () => {
  test("runs between chunks of a batch", async () => {
    const answer = holdAnswers()
    const opened = createVerifyPool().open(envelopes)
    const turns = await turnsDuring(vi.waitFor(() => expect(native.calls).toBe(300), { interval: 1, timeout: 20_000 }))
    answer()
    await opened
    expect(turns).toBeGreaterThanOrEqual(Math.floor(300 / 64))
  })

  test("runs between any two second steps", async () => {
    const batch = forged.slice(0, 30)
    const pool = createVerifyPool()
    // Two batches at once take their turns one after the other.
    const answer = holdAnswers()
    const opened = Promise.all([pool.open(batch.slice(0, 15)), pool.open(batch.slice(15))])
    await vi.waitFor(() => expect(native.done).toBe(30), { timeout: 20_000 })
    answer()
    expect(await turnsDuring(opened)).toBeGreaterThanOrEqual(30)
    expect(new Set((await opened).flat().map(outcome))).toEqual(new Set(["bad_signature"]))
  })
})

describe("the second step", () => {
  test("is not asked for where the native check accepts", async () => {
    const maySecondStep = vi.fn<() => boolean>(() => false)
    expect((await createVerifyPool().open(envelopes, { maySecondStep })).map(outcome)).toEqual(ids)
    expect(maySecondStep).not.toHaveBeenCalled()
  })

  test("is made as often as the caller allows; the rest stays undecided", async () => {
    let left = 3
    const maySecondStep = (): boolean => left-- > 0
    const batch = [...forged.slice(0, 10), ...envelopes.slice(0, 10)]
    const codes = (await createVerifyPool().open(batch, { maySecondStep })).map(outcome)
    expect(codes.filter((code) => code === "bad_signature")).toHaveLength(3)
    expect(codes.filter((code) => code === "undecided_signature")).toHaveLength(7)
    expect(codes.slice(10)).toEqual(ids.slice(0, 10))
  })

  test("that was not made can be made later", async () => {
    const pool = createVerifyPool()
    const batch = [encodeEnvelope(mixed)]
    expect((await pool.open(batch, { maySecondStep: () => false })).map(outcome)).toEqual(["undecided_signature"])
    expect((await pool.open(batch)).map(outcome)).toEqual([mixed.id])
  })
})

describe("an aborted pool", () => {
  test("rejects what is open once its checks are back, and what comes after", async () => {
    const answer = holdAnswers()
    const controller = new AbortController()
    const pool = createVerifyPool({ concurrency: 128, signal: controller.signal })
    // The first ones need a second step, while the rest still waits for its first.
    const opened = pool.open(concatenated([...forged.slice(0, 20), ...envelopes]))
    const settled = vi.fn<() => void>()
    const watched = opened.then(settled, settled)
    await vi.waitFor(() => expect(native.calls).toBe(128), { timeout: 20_000 })
    const reason = new Error("closing")
    controller.abort(reason)
    expect(settled).not.toHaveBeenCalled()
    answer()
    await expect(opened).rejects.toBe(reason)
    await watched
    expect(native.inFlight).toBe(0)
    await expect(pool.open(envelopes)).rejects.toBe(reason)
  })
})

/** The same bytes as views of one buffer, as they arrive in a frame. */
function concatenated(parts: readonly Uint8Array[]): Uint8Array[] {
  const frame = concatBytes(...parts)
  let at = 0
  return parts.map(({ length }) => frame.subarray(at, (at += length)))
}
