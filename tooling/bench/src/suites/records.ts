import { createPublicKey, type KeyObject, verify } from "node:crypto"
import * as dagCbor from "@ipld/dag-cbor"
import {
  createVerifyPool,
  decodeCanonical,
  encodeCanonical,
  encodeEnvelope,
  isSporeError,
  parseEnvelope,
  signedMessage,
} from "@spore/records"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { atMost, median, type Row, row } from "@spore/figures"

const RECORDS = 5_000
const BATCH = 500
const ROUNDS = 5

/** What one case took per record, in µs. */
interface Cost {
  wall: number
  /** CPU time of the main thread. */
  main: number
}

/**
 * Reading, writing, signing and verifying records of about 2 KB, beside the raw native Ed25519 rate and a bare DAG-CBOR
 * library in the same rounds. CPU time of the main thread is what storing has to share with; wall time is not.
 */
export async function records(): Promise<Row[]> {
  const author = testIdentity(1)
  const task = makeTask(author, { metric: { min: 0, max: 1000, minEffect: 0 } })
  const root = makeExperiment(author, { task, score: 500 })
  const made = Array.from({ length: RECORDS }, (_, n) =>
    makeExperiment(author, {
      task,
      parent: root,
      score: 500 - (n % 997) / 10,
      code: `candidate ${n}`,
      proposal: { hypothesis: "x".repeat(1_300) },
    }),
  )
  const envelopes = made.map(encodeEnvelope)
  const signed = made.map(({ kind, payload, signature }) => ({ message: signedMessage(kind, payload), signature }))
  const x = Buffer.from(author.publicKey).toString("base64url")
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })

  const cases = {
    open: () => each(envelopes, parseEnvelope),
    decode: () => each(made, ({ payload }) => decodeCanonical(payload)),
    decodeBare: () => each(made, ({ payload }) => dagCbor.decode(payload)),
    encode: () => each(made, ({ body }) => encodeCanonical(body)),
    encodeBare: () => each(made, ({ body }) => dagCbor.encode(body)),
    sign: () => each(signed, ({ message }) => author.sign(message)),
    verifySync: () => each(signed, ({ message, signature }) => expectTrue(verify(null, message, key, signature))),
    verifyAsync: async () => void (await Promise.all(signed.map((one) => verifyAsync(key, one)))),
    pool: () => openBatches(envelopes),
  }
  const costs = await alternate(cases)
  const of = (name: keyof typeof cases, what: keyof Cost): number => median(costs[name].map((cost) => cost[what]))
  const rate = (name: keyof typeof cases): number => 1e6 / of(name, "wall")
  const size = Math.round(envelopes.reduce((sum, { length }) => sum + length, 0) / RECORDS)
  return [
    row("records", `open an envelope of ${size} B, without its signature: main thread`, "µs CPU", of("open", "main"), {
      bar: atMost(40, "µs"),
    }),
    row("records", "decode a payload, beside dag-cbor without checks", "µs CPU", of("decode", "main"), {
      limit: of("decodeBare", "main"),
    }),
    row("records", "encode a payload, beside dag-cbor without checks", "µs CPU", of("encode", "main"), {
      limit: of("encodeBare", "main"),
    }),
    row("records", "sign (native)", "records/s", rate("sign")),
    row("records", "verify, raw native, one thread", "records/s", rate("verifySync")),
    row("records", "verify, raw native, thread pool", "records/s", rate("verifyAsync")),
    row("records", "open by VerifyPool, beside raw in the thread pool", "records/s", rate("pool"), {
      limit: rate("verifyAsync"),
    }),
    row("records", "open by VerifyPool: main thread, beside raw", "µs CPU", of("pool", "main"), {
      limit: of("verifyAsync", "main"),
    }),
  ]
}

/** Runs all cases in turn, round after round, so that a busy moment of the machine touches all alike. */
async function alternate<Name extends string>(
  cases: Record<Name, () => void | Promise<void>>,
): Promise<Record<Name, Cost[]>> {
  const costs = new Map<string, Cost[]>()
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of Object.entries<() => void | Promise<void>>(cases)) {
      const cpu = process.threadCpuUsage()
      const start = performance.now()
      await work()
      const wall = ((performance.now() - start) * 1000) / RECORDS
      const { user, system } = process.threadCpuUsage(cpu)
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), { wall, main: (user + system) / RECORDS }])
    }
  }
  // Every name has been set above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(costs) as Record<Name, Cost[]>
}

function each<T>(values: readonly T[], work: (value: T) => unknown): void {
  for (const value of values) work(value)
}

/** Batch after batch, the next one opened before this one is waited for. */
async function openBatches(envelopes: readonly Uint8Array[]): Promise<void> {
  const pool = createVerifyPool()
  const open = (at: number): ReturnType<typeof pool.open> => pool.open(envelopes.slice(at, at + BATCH))
  let ahead = open(0)
  for (let at = BATCH; at <= envelopes.length; at += BATCH) {
    const batch = ahead
    ahead = open(at)
    expectTrue((await batch).every((result) => !isSporeError(result)))
  }
}

function verifyAsync(
  key: KeyObject,
  { message, signature }: { message: Uint8Array; signature: Uint8Array },
): Promise<void> {
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, valid) => {
      if (error === null && valid) resolve()
      else reject(error ?? new TypeError("a signature of the test kit does not verify"))
    })
  })
}

function expectTrue(value: boolean): void {
  if (!value) throw new TypeError("a record of the test kit does not open")
}
