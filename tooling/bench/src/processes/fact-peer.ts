/**
 * A transport over a store, and nothing else of a node, so that no other work is measured: `node fact-peer.ts <config>`.
 */
import { factSource, openStore } from "@spore/node/local"
import { type AnyRecord, encodeEnvelope, isKind, silentLogger, systemClock, systemRandom } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { serveParent } from "@spore/soak"
import { makeExperiment, testIdentity } from "@spore/testkit"
import { createTransport } from "@spore/transport"
import { z } from "zod"
import { now, paced } from "../paced.ts"
import type { GossipMethods, Moment } from "./gossip-peer.ts"

const configSchema = z.object({
  database: z.string(),
  key: z.int(),
  syncIntervalSeconds: z.number().default(3_600),
})

export type FactPeerConfig = z.input<typeof configSchema>

/** Keys that records are signed with, so that no author is over its rate. */
const AUTHORS = 100
const HYPOTHESIS = 1_300

const config = configSchema.parse(JSON.parse(process.argv[2] ?? "{}"))
const store = await openStore(config.database)
const transport = createTransport({
  identity: testIdentity(config.key),
  listen: ["/ip4/127.0.0.1/tcp/0"],
  bootstrap: [],
  facts: factSource(store),
  artifacts: createMemoryArtifactStore(),
  clock: systemClock,
  random: systemRandom,
  log: silentLogger,
  syncIntervalSeconds: config.syncIntervalSeconds,
})
let arrived: Moment[] = []
let made: AnyRecord[] = []
const own = new Set<string>()
store.onStored((changes) => {
  const at = now()
  for (const { id } of changes) if (!own.has(id)) arrived.push({ id, at })
})
await transport.start()

const gossip: GossipMethods = {
  addresses: async () => transport.addresses(),
  connect: async ({ address }) => transport.connect(address),
  make: async ({ count }) => {
    made = await make(count)
    return made[0] === undefined ? 0 : encodeEnvelope(made[0]).length
  },
  publish: async (pace) => {
    const begun = await paced(made, pace, async (record) => {
      own.add(record.id)
      await store.ingest([record])
      await transport.publish(record)
    })
    return made.map(({ id }, i) => ({ id, at: begun[i] ?? 0 }))
  },
  arrivals: async () => {
    const taken = arrived
    arrived = []
    return taken
  },
}

const methods = {
  ...gossip,
  /** Number of the last fact stored. */
  seq: async () => store.lastSeq(),
  /** Syncs with a peer again and again; gives what one took: milliseconds, and CPU time of this process. */
  syncNow: async ({ peer, times }: { peer: string; times: number }) => {
    const cpu = process.cpuUsage()
    const start = now()
    for (let i = 0; i < times; i++) await transport.syncNow(peer)
    const ms = (now() - start) / times
    const { user, system } = process.cpuUsage(cpu)
    return { ms, cpuMs: (user + system) / 1000 / times }
  },
  cpuMs: async () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}

export type FactPeerMethods = typeof methods

serveParent(methods, () => process.exit(0))

/** Children of the first experiment in the database, about 2 KB each. */
async function make(count: number): Promise<AnyRecord[]> {
  const [first] = (await store.experiments({ sort: "oldest" }, { limit: 1 })).items
  const parent = first && (await store.get(first.id))
  const task = first && (await store.get(first.task))
  if (parent === undefined || task === undefined || !isKind(parent, "experiment") || !isKind(task, "task")) {
    throw new TypeError("the database holds no experiment")
  }
  return Array.from({ length: count }, (_, n) => {
    const title = `Message ${now()} ${n}`
    return makeExperiment(testIdentity(config.key * AUTHORS + (n % AUTHORS)), {
      task,
      parent,
      score: 400,
      code: title,
      proposal: { title, hypothesis: "h".repeat(HYPOTHESIS) },
    })
  })
}
