import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { join } from "node:path"
import { createStore } from "@spore/dag"
import { type AnyRecord, signedMessage, type SporeRecord } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { createVerdicts } from "@spore/verify"
import { createCorpus, envelopesOf } from "../corpus.ts"
import { median, type Row, row } from "@spore/figures"
import { inBatches, rate, storeAll } from "../storing.ts"

const RECORDS = 100_000
/** Records that one round of the raw limit checks. */
const RAW_RECORDS = 10_000

/**
 * Verify and durably store 100k records of about 2 KB in batches, the signatures of a batch being checked while the one
 * before is stored, beside the raw native Ed25519 verify rate on the same cores. SQLite WAL with synchronous=FULL: every
 * batch is on disk when it is acknowledged. The raw rate is measured before, between and after.
 */
export async function ingest(): Promise<Row[]> {
  const corpus = createCorpus({ signed: true })
  const records = corpus.experiments(RECORDS)
  const envelopes = envelopesOf(records)
  const bytes = envelopes.reduce((sum, envelope) => sum + envelope.length, 0) / envelopes.length
  const sample = records.slice(0, RAW_RECORDS)

  const raw: number[] = [await rate(RAW_RECORDS, () => verifyRaw(sample))]
  const opened = await rate(RECORDS, () => inBatches(envelopes, () => Promise.resolve()))
  raw.push(await rate(RAW_RECORDS, () => verifyRaw(sample)))
  const facts = await measure(corpus.first, envelopes, { facts: "alone" })
  raw.push(await rate(RAW_RECORDS, () => verifyRaw(sample)))
  const derived = await measure(corpus.first, envelopes, { facts: "derived" })
  raw.push(await rate(RAW_RECORDS, () => verifyRaw(sample)))

  const limit = median(raw)
  return [
    row("ingest", `open an envelope (${Math.round(bytes)} B)`, "records/s", opened, { limit }),
    row("ingest", `verify + durable store of ${RECORDS}, facts alone`, "records/s", facts.rate, {
      limit,
      bar: { text: ">= 0.65 of raw verify", holds: (_, ratio) => ratio >= 0.65 },
    }),
    row("ingest", `verify + durable store of ${RECORDS}, all derived state`, "records/s", derived.rate, {
      limit,
      bar: { text: ">= 0.50 of raw verify", holds: (_, ratio) => ratio >= 0.5 },
    }),
  ]
}

async function measure(
  first: readonly AnyRecord[],
  envelopes: readonly Uint8Array[],
  { facts }: { facts: "alone" | "derived" },
): Promise<{ rate: number }> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "spore.sqlite")
  const store = await createStore({ path, verdicts: createVerdicts(), derive: facts === "derived" })
  await store.ingest(first)
  const measured = await storeAll(store, envelopes)
  await store.close()
  return { rate: measured }
}

async function verifyRaw(records: readonly (AnyRecord | SporeRecord)[]): Promise<void> {
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
  if (results.includes(false)) throw new TypeError("a signature of the corpus does not verify")
}
