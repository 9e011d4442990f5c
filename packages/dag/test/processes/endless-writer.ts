// Says `ready`, then ingests experiments until it is killed and prints the ids of what was acknowledged, a line each:
// node endless-writer.ts <database file> <run>
import { makeExperiment, makeProfile, makeTask, makeVerification, testIdentity } from "@spore/testkit"
import { writeSync } from "node:fs"
import { createStore } from "../../src/create-store.ts"
import { clock } from "../compliance/clock.ts"
import { votingVerdicts } from "../voting-verdicts.ts"

const [path = "", run = ""] = process.argv.slice(2)
const [alice, bob] = [testIdentity(1), testIdentity(2)]
const task = makeTask(alice)
const root = makeExperiment(alice, { task, score: 50 })
writeSync(1, "ready\n")
const store = await createStore({ path, clock, verdicts: votingVerdicts })
for (let n = 0; ; n++) {
  const size = 1 + ((n * 7) % 20)
  const experiments = Array.from({ length: size }, (_, i) => {
    const created = root.body.created + 60 + n
    return makeExperiment(alice, { task, parent: root, score: (n * 31 + i) % 100, code: `${run} ${n} ${i}`, created })
  })
  const [first] = experiments
  const reruns =
    first === undefined || n % 3 > 0 ? [] : [makeVerification(bob, { task, experiment: first, score: n % 50 })]
  // Reruns come before what they rerun, so that some of it waits when the process dies.
  const batch = [...reruns, makeProfile(bob, { bio: `${run} ${n}` }), ...experiments, root, task]
  const results = await store.ingest(batch, "peer")
  const acknowledged = results.filter(({ status }) => status === "stored" || status === "known")
  // Written before the next batch begins: what the parent reads was acknowledged.
  writeSync(1, acknowledged.map(({ id }) => `${id}\n`).join(""))
}
