import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { dataPaths, openStore } from "@spore/node/local"
import { addFile } from "@spore/records/artifacts"
import { type Remote, startNode, startProgram } from "@spore/soak"
import { temporaryFolder, until } from "@spore/testkit"
import { createFsArtifactStore } from "@spore/transport"
import { candidate, createCorpus } from "../corpus.ts"
import type { ArtifactPeerConfig, ArtifactPeerMethods } from "../processes/artifact-peer.ts"
import type { RawStreamMethods } from "../processes/raw-stream.ts"
import { median, type Row, row } from "@spore/figures"
import { keep } from "../storing.ts"

const PEER = fileURLToPath(new URL("../processes/artifact-peer.ts", import.meta.url))
const RAW = fileURLToPath(new URL("../processes/raw-stream.ts", import.meta.url))
const MIB = 1024 * 1024
const SMALL_BYTES = 10 * 1024
const TIMEOUT_MS = 600_000
const POLL_MS = 250

interface Sizes {
  /** MiB of the large artifact. */
  large: number
  rounds: number
  small: number
}

/**
 * A large artifact from one and from three peers, beside a bare libp2p stream that hashes the same, in turn; and small
 * files, each the code of an experiment, which a node fetches by itself. `artifacts:quick` for a short try.
 */
export async function artifacts(argument: string | undefined): Promise<Row[]> {
  const sizes: Sizes =
    argument === "quick" ? { large: 8, rounds: 2, small: 200 } : { large: 100, rounds: 5, small: 10_000 }
  return [...(await large(sizes)), ...(await small(sizes))]
}

const WAYS = ["raw", "one", "three", "disk"] as const
type Way = (typeof WAYS)[number]

async function large({ large: size, rounds }: Sizes): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const bytes = size * MIB
  const figures: Record<Way, number[]> = { raw: [], one: [], three: [], disk: [] }
  const started: Remote<ArtifactPeerMethods | RawStreamMethods>[] = []
  const peer = async (key: number, isOnDisk = false): Promise<Remote<ArtifactPeerMethods>> => {
    const config: ArtifactPeerConfig = { folder: isOnDisk ? join(folder.path, String(key)) : null, key }
    const remote = await startProgram<ArtifactPeerMethods>({ file: PEER, config })
    started.push(remote)
    return remote
  }
  const raw = async (): Promise<Remote<RawStreamMethods>> => {
    const remote = await startProgram<RawStreamMethods>({ file: RAW, config: {} })
    started.push(remote)
    return remote
  }
  try {
    const [sender, receiver] = [await raw(), await raw()]
    await sender.call("offer", { bytes })
    const [rawAddress = ""] = await sender.call("addresses")
    const servers = [await peer(1), await peer(2), await peer(3)]
    const diskServer = await peer(6, true)
    const clients = { one: await peer(4), three: await peer(5), disk: await peer(7, true) }
    await connect(clients.one, servers.slice(0, 1))
    await connect(clients.disk, [diskServer])
    await connect(clients.three, servers)
    // The first round warms up.
    for (let seed = 0; seed <= rounds; seed++) {
      const roots = await Promise.all([...servers, diskServer].map((server) => server.call("add", { seed, bytes })))
      const root = roots[0] ?? ""
      const took = {
        raw: await receiver.call("fetch", { address: rawAddress, bytes }),
        one: await clients.one.call("fetch", { root, maxBytes: 2 * bytes }),
        three: await clients.three.call("fetch", { root, maxBytes: 2 * bytes }),
        disk: await clients.disk.call("fetch", { root, maxBytes: 2 * bytes }),
      }
      if (seed === 0) continue
      for (const way of WAYS) figures[way].push(size / took[way])
    }
  } finally {
    await Promise.all(started.map((remote) => remote.kill()))
  }
  const limit = median(figures.raw)
  const bar = { text: ">= 0.80 of raw stream", holds: (_: number, ratio: number) => ratio >= 0.8 }
  return [
    row("artifacts", `${size} MiB from one peer, verified`, "MiB/s", median(figures.one), { limit, bar }),
    row("artifacts", `${size} MiB from three peers, verified`, "MiB/s", median(figures.three), { limit, bar }),
    row("artifacts", `${size} MiB from one peer, from disk to disk`, "MiB/s", median(figures.disk), { limit }),
  ]
}

async function connect(
  client: Remote<ArtifactPeerMethods>,
  servers: readonly Remote<ArtifactPeerMethods>[],
): Promise<void> {
  for (const server of servers) {
    const [address = ""] = await server.call("addresses")
    await client.call("connect", { address })
  }
}

/** Two whole nodes: one holds experiments with their codes, the other one syncs. */
async function small({ small: count }: Sizes): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const full = join(folder.path, "full")
  await fill(full, count)
  const start = (name: string, key: number) =>
    startNode({ dataDir: join(folder.path, name), key, listen: ["/ip4/127.0.0.1/tcp/0"] })
  const server = await start("full", 1)
  const client = await start("empty", 2)
  try {
    const before = await filesIn(join(folder.path, "empty"))
    const [address = ""] = await server.call("addresses")
    const begun = performance.now()
    await client.call("connect", { address })
    // Files are counted from outside, so that the node has nothing else to do. Lost are those that never came.
    let seconds = 0
    let held = 0
    await until(
      async () => {
        held = (await filesIn(join(folder.path, "empty"))) - before
        seconds = (performance.now() - begun) / 1000
        // The task's own two files come as well.
        return held >= count + 2
      },
      { timeoutMs: TIMEOUT_MS, intervalMs: POLL_MS },
    ).catch(() => undefined)
    let missing: string[] = []
    await until(async () => (missing = await client.call("missingCodes")).length === 0).catch(() => undefined)
    const name = `${count.toLocaleString("en")} experiments with 10 KB of code each`
    return [
      row("artifacts", `${name}: synced and fetched (0.6: 60.6 s for 10,000)`, "s", seconds),
      row("artifacts", `${name}: files lost (0.6: 7,759 of 10,000)`, "", missing.length, {
        bar: { text: "none", holds: (value) => value === 0 },
      }),
    ]
  } finally {
    await Promise.all([server.kill(), client.kill()])
  }
}

/** A data folder with experiments whose codes are padded files of their own. */
async function fill(dataDir: string, count: number): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const paths = dataPaths(dataDir)
  const store = await openStore(paths.database)
  const blocks = await createFsArtifactStore(paths.artifacts)
  const corpus = createCorpus({ signed: true, codeBytes: SMALL_BYTES })
  await keep(store, corpus.first)
  await keep(store, corpus.experiments(count))
  for (let n = 1; n <= count; n++) await addFile(blocks, candidate(n, SMALL_BYTES))
  for (const text of ["bundle", "baseline"]) await addFile(blocks, new TextEncoder().encode(text))
  await store.close()
}

async function filesIn(dataDir: string): Promise<number> {
  const entries = await readdir(dataPaths(dataDir).artifacts, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}
