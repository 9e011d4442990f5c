// Ingests random facts in small batches and prints the ids of what was acknowledged, a line each, until it is done or
// killed: node writer.ts <database> <schema> <facts seed> <facts> <order seed>
// The database is a file, or a postgres: URL.
import { seededRandom } from "@spore/records"
import { randomBelow, randomFacts, shuffled } from "@spore/testkit"
import { writeSync } from "node:fs"
import { createStore } from "../../src/index.ts"
import { createPostgresStore } from "../../src/postgres.ts"
import { clock } from "../compliance/clock.ts"
import { votingVerdicts } from "../voting-verdicts.ts"

const [database = "", schema = "", seed = "0", size = "0", order = "0"] = process.argv.slice(2)
const facts = randomFacts(Number(seed), Number(size))
const random = seededRandom(Number(order))
const records = shuffled(random, facts.all)
const options = { clock, verdicts: votingVerdicts }
const store = await (database.startsWith("postgres:")
  ? createPostgresStore({ url: database, schema, ...options })
  : createStore({ path: database, ...options }))
for (let at = 0; at < records.length;) {
  const batch = records.slice(at, at + 1 + randomBelow(random, 12))
  at += batch.length
  const results = await store.ingest(batch, "peer")
  const acknowledged = results.filter(({ status }) => status === "stored" || status === "known")
  // Written before the next batch begins: what the parent reads was acknowledged.
  if (acknowledged.length > 0) writeSync(1, acknowledged.map(({ id }) => `${id}\n`).join(""))
}
await store.close()
