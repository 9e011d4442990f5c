import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { createStore } from "@spore/dag"
import { encodeEnvelope, openEnvelopeAsync, signedMessage, type SporeRecord } from "@spore/records"
import { makeExperiment, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { createVerdicts } from "@spore/verify"
import { median, type Row, row } from "../row.ts"

const RECORDS = 10_000
const BATCH = 1_000
const ROUNDS = 3

/**
 * Verify and durably store records of about 2 KB in batches, with all derived state, beside the raw native Ed25519
 * verify rate on the same cores. SQLite WAL with synchronous=FULL: every batch is on disk when it is acknowledged.
 */
export async function ingest(): Promise<Row[]> {
  const author = testIdentity(1)
  const task = makeTask(author, { metric: { min: 0, max: 1000, minEffect: 0 } })
  const root = makeExperiment(author, { task, score: 500 })
  const records = Array.from({ length: RECORDS }, (_, n) =>
    makeExperiment(author, {
      task,
      parent: root,
      score: 500 - (n % 997) / 10,
      code: `candidate ${n}`,
      proposal: { hypothesis: "x".repeat(1_300) },
    }),
  )
  const envelopes = records.map(encodeEnvelope)
  const bytes = envelopes.reduce((sum, envelope) => sum + envelope.length, 0) / envelopes.length

  const raw: number[] = []
  const ours: number[] = []
  const opened: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(await rate(() => verifyRaw(records)))
    opened.push(await rate(async () => void (await Promise.all(envelopes.map(openEnvelopeAsync)))))
    await using folder = await temporaryFolder()
    const store = await createStore({ path: join(folder.path, "spore.sqlite"), verdicts: createVerdicts() })
    await store.ingest([task, root])
    ours.push(
      await rate(async () => {
        for (let at = 0; at < envelopes.length; at += BATCH) {
          await store.ingest(await Promise.all(envelopes.slice(at, at + BATCH).map(openEnvelopeAsync)))
        }
      }),
    )
    await store.close()
    await rm(folder.path, { recursive: true, force: true })
  }
  const limit = median(raw)
  return [
    row("ingest", `open an envelope (${Math.round(bytes)} B)`, "records/s", median(opened), { limit }),
    row("ingest", "verify + durable store, all derived state", "records/s", median(ours), {
      limit,
      bar: { text: ">= 0.50 of raw verify", holds: (_, ratio) => ratio >= 0.5 },
    }),
  ]
}

async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return RECORDS / ((performance.now() - start) / 1000)
}

async function verifyRaw(records: readonly SporeRecord<"experiment">[]): Promise<void> {
  const keys = new Map<string, KeyObject>()
  const jobs = records.map(({ kind, body, payload, signature }) => {
    const id = Buffer.from(body.author).toString("base64url")
    const key = keys.get(id) ?? createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: id }, format: "jwk" })
    keys.set(id, key)
    return { key, message: signedMessage(kind, payload), signature }
  })
  const results = await Promise.all(
    jobs.map(
      ({ key, message, signature }) =>
        new Promise<boolean>((resolve) => {
          verify(null, message, key, signature, (error, valid) => resolve(error === null && valid))
        }),
    ),
  )
  if (results.includes(false)) throw new TypeError("a signature of the test kit does not verify")
}
