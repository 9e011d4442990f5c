/** A node without an operator, which does what its parent asks: `node node-process.ts <config as JSON>`. */
import { createHash } from "node:crypto"
import { createSporeNode, type SporeNode } from "@spore/node"
import { CID, type Logger, parseEnvelope, seededRandom } from "@spore/records"
import { addFile, missingBlocks } from "@spore/records/artifacts"
import { testIdentity } from "@spore/testkit"
import { RELAY_LIMITS } from "@spore/transport"
import { type Author, createAuthor } from "./author.ts"
import { nodeConfig } from "./node-config.ts"
import { serveParent } from "./remote.ts"

const config = nodeConfig.parse(JSON.parse(process.argv[2] ?? "{}"))
const identity = testIdentity(config.key)
const node = await createSporeNode({
  dataDir: config.dataDir,
  identity,
  mode: "sync",
  listen: config.listen,
  peers: config.peers,
  syncIntervalSeconds: config.syncIntervalSeconds,
  log: complaining(),
  ...(config.relay ? { relay: "server" as const, limits: { ...RELAY_LIMITS, ...config.relayLimits } } : {}),
})
await node.start()

let author: Promise<Author> | undefined
const methods = {
  addresses: async () => node.addresses(),
  connect: async ({ address }: { address: string }) => node.connect(address),
  disconnect: async ({ peer }: { peer: string }) => node.disconnect(peer),
  /** Makes records of its own and publishes them; gives their ids. */
  publish: async ({ count }: { count: number }) => {
    author ??= createAuthor({ node, identity, random: seededRandom(config.seed) })
    return (await author).publish(count)
  },
  /** Publishes records that were made elsewhere. */
  publishEnvelopes: async ({ envelopes }: { envelopes: readonly Uint8Array[] }) => {
    for (const envelope of envelopes) await node.publish(parseEnvelope(envelope))
  },
  /** Facts held, by number and as a hash of all their ids. */
  facts: async () => factsOf(node),
  /** Digest of everything derived. */
  digest: async () => node.store.digest(),
  /** Which of these facts are not held. */
  lacks: async ({ ids }: { ids: readonly string[] }) => {
    const held = await Promise.all(ids.map((id) => node.store.object(id)))
    return ids.filter((_id, i) => held[i] === undefined)
  },
  /** Codes of experiments of which blocks are missing here. */
  missingCodes: async () => missingCodes(node),
  addFile: async ({ content }: { content: Uint8Array }) => (await addFile(node.artifacts, content)).toString(),
  holdsArtifact: async ({ root }: { root: string }) =>
    (await missingBlocks(node.artifacts, CID.parse(root))).length === 0,
  peers: async () => (await node.status()).peers.map(({ nodeId, address, score }) => ({ nodeId, address, score })),
  /** Number of the last fact stored: cheaper than `facts`. */
  seq: async () => node.store.lastSeq(),
  /** Resident memory now and at its highest, in bytes, and CPU time so far in ms. */
  usage: async ({ collect = false }: { collect?: boolean }) => {
    if (collect) globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const { rss } = process.memoryUsage()
    return { rss, peak: process.resourceUsage().maxRSS * 1024, cpuMs: (user + system) / 1000 }
  },
  /** Reads as the explorer's pages do. */
  explore: async () => explore(node),
  stop: async () => {
    await node.stop()
    setImmediate(() => process.exit(0))
  },
}

export type NodeMethods = typeof methods

serveParent(methods, () => process.exit(1))

async function factsOf({ store }: SporeNode): Promise<{ count: number; hash: string }> {
  const ids: string[] = []
  for (const log of await store.logs()) for (const { id } of await store.logEntries(log)) ids.push(id)
  return { count: ids.length, hash: createHash("sha256").update(ids.toSorted().join("\n")).digest("hex") }
}

async function missingCodes({ store, artifacts }: SporeNode): Promise<string[]> {
  const missing: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof store.experiments>> = await store.experiments(
      { sort: "oldest" },
      { limit: 500, ...(cursor === null ? {} : { cursor }) },
    )
    for (const { code } of page.items) {
      if ((await missingBlocks(artifacts, CID.parse(code))).length > 0) missing.push(code)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return missing
}

async function explore({ store }: SporeNode): Promise<void> {
  for (let round = 0; round < 20; round++) {
    for (const { id, standings } of await store.tasks()) {
      for (const { class: name } of standings) {
        await store.frontier(id, name)
        await store.experiments({ task: id, class: name, candidate: true, sort: "best" }, { limit: 500 })
      }
      await store.experiments({ task: id }, { limit: 500 })
      await store.activity(id, { limit: 500 })
      await store.search("warmup", { task: id }, { limit: 500 })
    }
  }
}

/** What goes wrong is told to the parent, which shows it when a run fails. */
function complaining(): Logger {
  return { debug() {}, info() {}, warn: complain, error: complain }
}

function complain(fields: object, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}
