import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { dataPaths, openStore } from "@spore/node/local"
import { addFile } from "@spore/records/artifacts"
import { type NodeConfig, type NodeRemote, startNode, startProgram } from "@spore/soak"
import { temporaryFolder, until } from "@spore/testkit"
import { createFsArtifactStore } from "@spore/transport"
import { candidate, createCorpus } from "../corpus.ts"
import type { CrowdMethods } from "../processes/crowd.ts"
import { atMost, type Row, row } from "@spore/figures"
import { keep } from "../storing.ts"

const CROWD = fileURLToPath(new URL("../processes/crowd.ts", import.meta.url))
const CROWDS = 2
const BATCH = 1_000
/** Different codes among the experiments: a file each to be fetched. */
const CODES = 2_000
const TIMEOUT_MS = 900_000
/** For timers and the collector to come to rest. */
const SETTLE_MS = 10_000
const MB = 1e6
/** All strangers of this relay come from one host. */
const ONE_HOST = { connectionsPerHost: 2_000, pendingPerHost: 256, inboundPerSecondPerHost: 200, maxConnections: 2_000 }

interface Sizes {
  records: number
  crowds: number[]
}

/**
 * Resident memory of whole nodes, some seconds after their work and a full collection: idle; with many records after
 * syncing them and serving an explorer's reads; a public relay with many connections, each a libp2p node with gossip.
 * `peers:quick` for a short try, `peers:20000` for so many records and 100 connections.
 */
export async function peers(argument: string | undefined): Promise<Row[]> {
  const sizes = sizesOf(argument)
  return [...(await idle()), ...(await synced(sizes.records)), ...(await relays(sizes.crowds))]
}

function sizesOf(argument: string | undefined): Sizes {
  if (argument === "quick") return { records: 2_000, crowds: [20] }
  if (argument === undefined) return { records: 100_000, crowds: [100, 1_000] }
  return { records: Number(argument), crowds: [100] }
}

async function idle(): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const node = await start({ dataDir: folder.path, key: 1 })
  try {
    return [row("peers", "idle node (0.6 with 50k records: 60 MB)", "MB", (await settled(node)).rss / MB)]
  } finally {
    await node.kill()
  }
}

async function synced(records: number): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const full = join(folder.path, "full")
  const seq = await fill(full, records)
  const server = await start({ dataDir: full, key: 1 })
  const client = await start({ dataDir: join(folder.path, "empty"), key: 2 })
  try {
    const [address = ""] = await server.call("addresses")
    await client.call("connect", { address })
    await until(async () => (await client.call("seq")) >= seq, {
      timeoutMs: TIMEOUT_MS,
      intervalMs: 1_000,
      what: "the sync of all records",
    })
    await client.call("explore")
    const { rss, peak } = await settled(client)
    const name = `node with ${records.toLocaleString("en")} records, after sync and explorer use`
    return [
      row("peers", `${name} (0.6 with 50k: 219 MB)`, "MB", rss / MB, {
        bar: atMost(180, "MB"),
      }),
      row("peers", `${name}: peak (0.6 with 50k: 539 MB)`, "MB", peak / MB, {
        bar: atMost(350, "MB"),
      }),
    ]
  } finally {
    await Promise.all([server.kill(), client.kill()])
  }
}

async function relays(sizes: readonly number[]): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const rows: Row[] = []
  for (const size of sizes) {
    const relay = await start({ dataDir: join(folder.path, String(size)), key: 1, relay: true, relayLimits: ONE_HOST })
    const crowds = await Promise.all(
      Array.from({ length: CROWDS }, () => startProgram<CrowdMethods>({ file: CROWD, config: {} })),
    )
    try {
      const [address = ""] = await relay.call("addresses")
      const begun = performance.now()
      await Promise.all(crowds.map((crowd) => crowd.call("join", { address, count: size / CROWDS })))
      const seconds = (performance.now() - begun) / 1000
      const { rss } = await settled(relay)
      const connected = await Promise.all(crowds.map((crowd) => crowd.call("connected")))
      const held = connected.reduce((sum, count) => sum + count, 0)
      const name = `relay with ${size.toLocaleString("en")} connections`
      rows.push(
        row("peers", name, "MB", rss / MB),
        row("peers", `${name}: held`, "", held, { bar: { text: "all", holds: (value) => value >= size } }),
        row("peers", `${name}: until all were in`, "s", seconds),
      )
    } finally {
      await Promise.all([relay, ...crowds].map((remote) => remote.kill()))
    }
  }
  return rows
}

function start(config: Omit<NodeConfig, "listen">): Promise<NodeRemote> {
  return startNode({ ...config, listen: ["/ip4/127.0.0.1/tcp/0"] }, { execArgv: ["--expose-gc"] })
}

async function settled(node: NodeRemote): Promise<{ rss: number; peak: number }> {
  await delay(SETTLE_MS)
  return node.call("usage", { collect: true })
}

/** A data folder with experiments that share some codes, and the files; gives the number of the last fact. */
async function fill(dataDir: string, records: number): Promise<number> {
  await mkdir(dataDir, { recursive: true })
  const paths = dataPaths(dataDir)
  const store = await openStore(paths.database)
  const blocks = await createFsArtifactStore(paths.artifacts)
  const corpus = createCorpus({ signed: true, codes: CODES })
  await keep(store, corpus.first)
  for (let done = 0; done < records; done += BATCH) await keep(store, corpus.experiments(BATCH))
  for (let n = 0; n < CODES; n++) await addFile(blocks, candidate(n))
  for (const text of ["bundle", "baseline"]) await addFile(blocks, new TextEncoder().encode(text))
  const seq = await store.lastSeq()
  await store.close()
  return seq
}
