import { subscribe } from "node:diagnostics_channel"
import { Worker } from "node:worker_threads"
import { expect, test } from "vitest"
import { createIdentity } from "../src/index.ts"
import { nativeVerifyBatch } from "../src/native.node.ts"

const author = createIdentity(new Uint8Array(32).fill(3))
const text = new TextEncoder()

/** Every third signature is of another message. */
const batch = Array.from({ length: 500 }, (_, n) => {
  const message = text.encode(`message ${n} ${"x".repeat(n)}`)
  const signature = author.sign(n % 3 === 0 ? text.encode("another") : message)
  return { publicKey: author.publicKey, message, signature }
})
const expected = batch.map((_, n) => n % 3 !== 0)

/** All that were started, from before the first batch on. */
const threads: Worker[] = []
subscribe("worker_threads", (message) => {
  if (typeof message === "object" && message !== null && "worker" in message) {
    if (message.worker instanceof Worker) threads.push(message.worker)
  }
})

test("a batch is decided in order, by all threads together", async () => {
  expect(await nativeVerifyBatch(batch)).toEqual(expected)
})

test("several batches at once do not disturb each other, nor does a small one", async () => {
  const parts = [batch.slice(0, 200), batch.slice(200, 203), batch.slice(203), []]
  expect((await Promise.all(parts.map(nativeVerifyBatch))).flat()).toEqual(expected)
})

test("an empty message, and a key that is no point", async () => {
  const empty = { publicKey: author.publicKey, message: new Uint8Array(), signature: author.sign(new Uint8Array()) }
  const broken = { ...empty, publicKey: new Uint8Array(32).fill(2) }
  const many = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? empty : broken))
  expect(await nativeVerifyBatch(many)).toEqual(many.map((_, n) => n % 2 === 0))
})

test("a thread that ends is replaced, and what it had taken is decided all the same", async () => {
  await nativeVerifyBatch(batch)
  const before = threads.length
  const deciding = nativeVerifyBatch(batch)
  await Promise.all(threads.map((thread) => thread.terminate()))
  expect(await deciding).toEqual(expected)
  expect(await nativeVerifyBatch(batch)).toEqual(expected)
  expect(threads.length).toBeGreaterThan(before)
})
