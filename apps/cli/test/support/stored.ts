import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import { type AnyRecord, CID, type SporeRecord } from "@spore/records"
import { addFile, addFolder } from "@spore/records/artifacts"
import { makeExperiment, makeProfile, makeTask, makeVerification, testIdentity } from "@spore/testkit"
import { createFsArtifactStore } from "@spore/transport"
import type { Home } from "./spore.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Larger than one block. */
const LONG_LOG = bytes("a line of the log\n".repeat(100_000))

/** A node's data folder with facts of two tasks and their artifacts; one log is not held. */
export interface StoredSample {
  readonly dataDir: string
  readonly records: readonly AnyRecord[]
  readonly task: SporeRecord<"task">
  readonly other: SporeRecord<"task">
  readonly baseline: SporeRecord<"experiment">
  readonly better: SporeRecord<"experiment">
  readonly author: string
  /** Artifacts that are held in full. */
  readonly held: readonly CID[]
}

/** Fills the data folder `name` below a home. */
export async function storedSample(home: Home, name: string): Promise<StoredSample> {
  const dataDir = join(home.path, name)
  await mkdir(dataDir)
  const artifacts = await createFsArtifactStore(join(dataDir, "artifacts"))
  const bundle = await addFolder(
    artifacts,
    new Map([
      ["spore.task.json", bytes("{}")],
      ["lib/evaluator.mjs", bytes("// measures")],
    ]),
  )
  const code0 = await addFile(artifacts, bytes("export const UNITS = 1\n"))
  const code1 = await addFile(artifacts, bytes("export const UNITS = 2\n"))
  const log = await addFile(artifacts, LONG_LOG)
  const author = testIdentity(1)
  const task = makeTask(author, { name: "sample", description: "Finds mushrooms.", bundle, baseline: code0 })
  const other = makeTask(author, { name: "other", bundle, baseline: code0 })
  const baseline = makeExperiment(author, { task, score: 50, log, proposal: { title: "baseline" } })
  const better = makeExperiment(author, {
    task,
    parent: baseline,
    score: 40,
    code: code1,
    proposal: { title: "more units" },
    // Nobody has it.
    log: CID.parse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
  })
  const worse = makeExperiment(author, { task, parent: baseline, score: 60, proposal: { title: "fewer units" } })
  const crash = makeExperiment(author, { task, parent: better, proposal: { title: "too\tmany\nunits" } })
  const records: AnyRecord[] = [
    task,
    other,
    baseline,
    better,
    worse,
    crash,
    makeVerification(testIdentity(2), { task, experiment: better, score: 40 }),
    makeExperiment(author, { task: other, score: 10 }),
    makeProfile(author, { display_name: "Ada" }),
  ]
  const store = await openLocalStore(dataDir)
  try {
    for (const { id, status, reason } of await store.ingest(records)) {
      if (status !== "stored") throw new Error(`${id}: ${status} ${reason}`)
    }
  } finally {
    await store.close()
  }
  return {
    dataDir,
    records,
    task,
    other,
    baseline,
    better,
    author: author.nodeId,
    held: [bundle, code0, code1, log],
  }
}

/** The digest of everything derived in a data folder. */
export function digestOf(dataDir: string): Promise<string> {
  return withStore(dataDir, (store) => store.digest())
}

/** Opens the facts of a data folder, on which a node may run, for as long as `work` lasts. */
export async function withStore<T>(dataDir: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openLocalStore(dataDir)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
