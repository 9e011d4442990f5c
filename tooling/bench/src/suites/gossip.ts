import { copyFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openStore } from "@spore/node/local"
import { type Link, openLink, type Remote, startProgram } from "@spore/soak"
import { temporaryFolder, until } from "@spore/testkit"
import { createCorpus } from "../corpus.ts"
import type { FactPeerConfig } from "../processes/fact-peer.ts"
import type { GossipMethods, Moment } from "../processes/gossip-peer.ts"
import { atMost, median, quantile, type Row, row } from "@spore/figures"

const OURS = fileURLToPath(new URL("../processes/fact-peer.ts", import.meta.url))
const BARE = fileURLToPath(new URL("../processes/bare-gossip.ts", import.meta.url))
const PROCESSES = 10
/** Each dials so many of those after it, in a ring. */
const DIALS = 3
const RATE = 20
const ARRIVAL_MS = 120_000

interface Sizes {
  /** Records at 20 a second. */
  steady: number
  /** Records as fast as they go, of each process. */
  burst: number
}

const FULL: Sizes = { steady: 400, burst: 200 }
const QUICK: Sizes = { steady: 40, burst: 50 }

interface Figures {
  median: number
  p99: number
  sustained: number
  duplicates: number
}

/**
 * Ten processes in a ring where each knows six others, over loopback: records of about 2 KB, verified and durably stored
 * by ours, beside bare gossipsub with messages of the same size. `gossip:quick` for a short try.
 */
export async function gossip(argument: string | undefined): Promise<Row[]> {
  const sizes = argument === "quick" ? QUICK : FULL
  await using folder = await temporaryFolder()
  const seed = await seedDatabase(folder.path)
  let started = 0
  let bytes = 0
  const ours = await measure(sizes, async (n) => {
    const database = join(folder.path, `${started++}.sqlite`)
    await copyFile(seed, database)
    const config: FactPeerConfig = { database, key: n + 1, syncIntervalSeconds: 10 }
    const peer = await startProgram<GossipMethods>({ file: OURS, config })
    bytes = await peer.call("make", { count: 1 })
    return peer
  })
  const bare = await measure(sizes, () => startProgram<GossipMethods>({ file: BARE, config: { bytes } }))
  const what = `${PROCESSES} processes, records of ${bytes} B`
  return [
    row(
      "gossip",
      `${what}, ${RATE}/s: publish to all, median (0.6: 7 to 21 ms), beside bare gossipsub`,
      "ms",
      ours.median,
      {
        limit: bare.median,
        bar: atMost(20, "ms"),
      },
    ),
    row("gossip", `${what}, ${RATE}/s: publish to all, p99`, "ms", ours.p99, { limit: bare.p99 }),
    row("gossip", `${what}: sustained (0.6: 134 to 362/s), beside bare gossipsub`, "records/s", ours.sustained, {
      limit: bare.sustained,
      bar: { text: "> 362 and >= 0.60 of bare", holds: (value, ratio) => value > 362 && ratio >= 0.6 },
    }),
    row("gossip", `${what}: bytes on all lines / bytes needed (0.6: 2.3)`, "x", ours.duplicates, {
      limit: bare.duplicates,
    }),
  ]
}

/** A database with a task and its baselines. */
async function seedDatabase(folder: string): Promise<string> {
  const path = join(folder, "seed.sqlite")
  const store = await openStore(path)
  await store.ingest(createCorpus({ signed: true }).first)
  await store.close()
  return path
}

type Start = (n: number) => Promise<Remote<GossipMethods>>

async function measure(sizes: Sizes, start: Start): Promise<Figures> {
  const timed = await inRing(start, null, async (peers) => {
    const steady = await publishAll(peers, sizes.steady / PROCESSES, RATE / PROCESSES)
    return { steady, burst: await publishAll(peers, sizes.burst, null) }
  })
  // The lines that count cost time, so that nothing is timed over them.
  const links: Link[] = []
  const duplicates = await inRing(start, links, async (peers) => {
    const before = bytesOf(links)
    const { count, bytes } = await publishAll(peers, sizes.steady / PROCESSES, RATE / PROCESSES)
    return (bytesOf(links) - before) / (count * bytes * (PROCESSES - 1))
  })
  return {
    median: median(timed.steady.delays),
    p99: quantile(timed.steady.delays, 0.99),
    sustained: timed.burst.count / (timed.burst.ms / 1000),
    duplicates,
  }
}

/** Starts and joins all processes; over lines that count where `links` are wanted. */
async function inRing<T>(
  start: Start,
  links: Link[] | null,
  work: (peers: readonly Remote<GossipMethods>[]) => Promise<T>,
): Promise<T> {
  const peers: Remote<GossipMethods>[] = []
  try {
    for (let n = 0; n < PROCESSES; n++) peers.push(await start(n))
    for (const [n, peer] of peers.entries()) {
      for (let step = 1; step <= DIALS; step++) {
        let [address = ""] = (await peers[(n + step) % PROCESSES]?.call("addresses")) ?? []
        if (links !== null) address = await through(links, address)
        await peer.call("connect", { address })
      }
    }
    // Until the mesh stands, and the code is warm.
    await until(async () => (await publishAll(peers, 2, null, 5_000)) !== undefined, { timeoutMs: ARRIVAL_MS })
    return await work(peers)
  } finally {
    await Promise.all(peers.map((peer) => peer.kill()))
    for (const link of links ?? []) await link[Symbol.asyncDispose]()
  }
}

/** The same address by way of a new link. */
async function through(links: Link[], address: string): Promise<string> {
  const link = await openLink()
  links.push(link)
  return address.replace(/\/tcp\/(\d+)/, (_, port: string) => {
    link.target = Number(port)
    return `/tcp/${link.port}`
  })
}

interface Run {
  /** For each message, milliseconds until the last process had it. */
  delays: number[]
  /** Of all messages: first begun to last arrived. */
  ms: number
  count: number
  bytes: number
}

/** Lets all processes publish, and waits until all messages are everywhere. */
async function publishAll(
  peers: readonly Remote<GossipMethods>[],
  each: number,
  perSecond: number | null,
  timeoutMs = ARRIVAL_MS,
): Promise<Run> {
  const sizes = await Promise.all(peers.map((peer) => peer.call("make", { count: each })))
  // In turn, so that records come one by one.
  const stepMs = perSecond === null ? 0 : 1000 / (perSecond * peers.length)
  const publishing = peers.map((peer, n) => peer.call("publish", { perSecond, afterMs: n * stepMs }))
  const published = (await Promise.all(publishing)).flat()
  const last = new Map<string, { times: number; at: number }>()
  const note = ({ id, at }: Moment): void => {
    const seen = last.get(id) ?? { times: 0, at: 0 }
    last.set(id, { times: seen.times + 1, at: Math.max(seen.at, at) })
  }
  const isEverywhere = ({ id }: Moment): boolean => last.get(id)?.times === peers.length - 1
  await until(
    async () => {
      for (const peer of peers) for (const moment of await peer.call("arrivals")) note(moment)
      return published.every(isEverywhere)
    },
    { timeoutMs, intervalMs: 100, what: "the arrival of all messages at all processes" },
  )
  const ends = published.map(({ id }) => last.get(id)?.at ?? 0)
  return {
    delays: published.map(({ at }, i) => (ends[i] ?? 0) - at),
    ms: Math.max(...ends) - Math.min(...published.map(({ at }) => at)),
    count: published.length,
    bytes: sizes[0] ?? 0,
  }
}

function bytesOf(links: readonly Link[]): number {
  return links.reduce((sum, link) => sum + link.bytes(), 0)
}
