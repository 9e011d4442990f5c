import type { SporeNode } from "@spore/node"
import { type AnyRecord, type CID, type Identity, isKind, type Random, type SporeRecord } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { makeExperiment, makeVerification, pick, randomBelow } from "@spore/testkit"
import { TASK, TASK_FILES } from "./task.ts"

/** One in so many codes is of several blocks. */
const LARGE_EVERY = 40
const LARGE_BYTES = 1024 * 1024 + 5_000
/** One in so many records is a rerun of what someone published. */
const RERUN_EVERY = 5
/** How many of the newest experiments a new one may build on. */
const RECENT = 100

/** Publishes under one key, upon whatever the node holds by then. */
export interface Author {
  /** Gives the ids; each is durable here. */
  publish(count: number): Promise<string[]>
}

export interface AuthorInit {
  node: SporeNode
  identity: Identity
  random: Random
}

export async function createAuthor({ node, identity, random }: AuthorInit): Promise<Author> {
  const { store, artifacts } = node
  await store.ingest([TASK])
  for (const file of TASK_FILES) await addFile(artifacts, file)

  async function candidates(): Promise<SporeRecord<"experiment">[]> {
    const { items } = await store.experiments({ task: TASK.id, sort: "newest" }, { limit: RECENT })
    const records = await Promise.all(items.map(({ id }) => store.get(id)))
    return records.filter((record) => record !== undefined).filter((record) => isKind(record, "experiment"))
  }

  /** A file of its own for each experiment, so that whoever holds all records must hold all files. */
  async function code(): Promise<CID> {
    const length = randomBelow(random, LARGE_EVERY) === 0 ? LARGE_BYTES : 200 + randomBelow(random, 4_000)
    const bytes = new Uint8Array(length)
    for (let i = 0; i < 64; i++) bytes[i] = randomBelow(random, 256)
    return addFile(artifacts, bytes)
  }

  async function next(parents: readonly SporeRecord<"experiment">[]): Promise<AnyRecord> {
    if (parents.length === 0) return makeExperiment(identity, { task: TASK, score: 50 })
    const parent = pick(random, parents)
    const score = Math.max(0, (parent.body.run.scores[0] ?? 50) + (randomBelow(random, 9) - 5) / 4)
    const created = parent.body.created + randomBelow(random, 600)
    if (randomBelow(random, RERUN_EVERY) === 0) {
      const run = { seconds: randomBelow(random, 1_000_000) }
      return makeVerification(identity, { task: TASK, experiment: parent, score: parent.body.run.scores, created, run })
    }
    const title = `Change ${randomBelow(random, 1_000_000_000)}`
    return makeExperiment(identity, { task: TASK, parent, score, created, code: await code(), proposal: { title } })
  }

  return {
    publish: async (count) => {
      const ids: string[] = []
      let parents = await candidates()
      for (let i = 0; i < count; i++) {
        const record = await next(parents)
        await node.publish(record)
        ids.push(record.id)
        if (isKind(record, "experiment")) parents = [record, ...parents.slice(0, RECENT)]
      }
      return ids
    },
  }
}
