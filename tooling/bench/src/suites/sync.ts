import { copyFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openStore } from "@spore/node/local"
import { type AnyRecord, isKind } from "@spore/records"
import { type Link, openLink, type Remote, startProgram } from "@spore/soak"
import { temporaryFolder, until } from "@spore/testkit"
import { createCorpus, envelopesOf } from "../corpus.ts"
import type { FactPeerConfig, FactPeerMethods } from "../processes/fact-peer.ts"
import { type Row, row } from "@spore/figures"
import { keep, storeAll } from "../storing.ts"

const PEER = fileURLToPath(new URL("../processes/fact-peer.ts", import.meta.url))
const TIMEOUT_MS = 900_000
const BATCH = 1_000
/** Equal sets are compared so many times for one figure. */
const COMPARISONS = 20
/** For the count of round trips: a line so slow that nothing else counts. */
const SLOW_MS = 100
const SHARED = 0.99
const KIB = 1024

interface Sizes {
  first: number[]
  reconnect: number
  equal: number[]
}

const SIZES: Record<string, Sizes> = {
  quick: { first: [500], reconnect: 1_000, equal: [1_000] },
  default: { first: [1_000, 10_000, 50_000], reconnect: 50_000, equal: [1_000, 10_000, 100_000] },
  full: { first: [1_000, 10_000, 50_000], reconnect: 50_000, equal: [1_000, 10_000, 100_000, 1_000_000] },
}
/** What the 0.6 network took: seconds on first sync, and with 99 % shared. */
const BEFORE: Record<number, string> = { 1_000: "1.0 s", 10_000: "9 to 14.5 s", 50_000: "44 to 70 s" }

/**
 * Two processes over a line of this one, which counts the bytes of all layers: TCP payload with noise, yamux, sync and
 * whatever gossip says meanwhile; a connection of two empty nodes is taken off. `sync:quick` for a short try,
 * `sync:full` with a million equal facts, which takes some minutes and 8 GB of disk.
 */
export async function sync(argument = "default"): Promise<Row[]> {
  const sizes = SIZES[argument]
  if (sizes === undefined) throw new RangeError(`sync:${argument}: there are ${Object.keys(SIZES).join(", ")}`)
  await using folder = await temporaryFolder()
  const idle = await idleBytes(folder.path)
  const rows: Row[] = []
  for (const size of sizes.first) rows.push(...(await firstSync(folder.path, size, idle)))
  for (const differences of ["clustered", "scattered"] as const) {
    rows.push(...(await reconnect(folder.path, sizes.reconnect, differences, idle)))
  }
  for (const size of sizes.equal) rows.push(...(await equalSets(folder.path, size)))
  return rows
}

async function firstSync(folder: string, size: number, idle: number): Promise<Row[]> {
  const corpus = createCorpus({ signed: true })
  const envelopes = envelopesOf(corpus.experiments(size))
  const full = join(folder, `first-${size}.sqlite`)
  const store = await openStore(full)
  await store.ingest(corpus.first)
  const ingest = await storeAll(store, envelopes)
  const seq = await store.lastSeq()
  await store.close()

  await using pair = await startPair(full, join(folder, `first-${size}-empty.sqlite`))
  const { seconds, bytes } = await pair.sync(seq)
  const needed = bytesOf([...envelopesOf(corpus.first), ...envelopes])
  const name = `first sync of ${size.toLocaleString("en")}`
  return [
    row("sync", `${name} (0.6: ${BEFORE[size] ?? "not measured"})`, "s", seconds),
    row("sync", `${name}, beside our own ingest`, "records/s", size / seconds, {
      limit: ingest,
      bar: size < 10_000 ? null : { text: ">= 0.70 of ingest", holds: (_, ratio) => ratio >= 0.7 },
    }),
    row("sync", `${name}, beside the envelopes`, "bytes", bytes - idle, {
      limit: needed,
      bar: { text: "<= 1.05 of envelopes", holds: (_, ratio) => ratio <= 1.05 },
    }),
  ]
}

async function reconnect(
  folder: string,
  size: number,
  differences: "clustered" | "scattered",
  idle: number,
): Promise<Row[]> {
  const corpus = createCorpus({ signed: true })
  const records = corpus.experiments(size)
  const missing = differences === "clustered" ? records.slice(size * SHARED) : leaves(records, size * (1 - SHARED))
  const isMissing = new Set(missing)
  const old = join(folder, `reconnect-${differences}-old.sqlite`)
  const full = join(folder, `reconnect-${differences}.sqlite`)
  const store = await openStore(old)
  await store.ingest(corpus.first)
  for (let at = 0; at < size; at += BATCH) {
    await keep(
      store,
      records.slice(at, at + BATCH).filter((record) => !isMissing.has(record)),
    )
  }
  await store.close()
  await copyFile(old, full)
  const complete = await openStore(full)
  await keep(complete, missing)
  const seq = await complete.lastSeq()
  await complete.close()

  await using pair = await startPair(full, old)
  const { seconds, bytes } = await pair.sync(seq)
  const needed = bytesOf(envelopesOf(missing))
  const perDifference = differences === "clustered" ? 0 : 2_000
  const bar = needed * 1.1 + 64 * KIB + missing.length * perDifference
  const name = `${size.toLocaleString("en")} with 99 % shared, ${differences}`
  return [
    row("sync", `${name} (0.6: as a first sync)`, "s", seconds),
    row("sync", `${name}, beside the missing envelopes`, "bytes", bytes - idle, {
      limit: needed,
      bar: {
        text: `<= 1.1 x missing + 64 KiB${perDifference > 0 ? " + 2 KB per difference" : ""}`,
        holds: (value) => value <= bar,
      },
    }),
  ]
}

/** Records that no other builds on, from all of the time. */
function leaves(records: readonly AnyRecord[], count: number): AnyRecord[] {
  const parents = new Set(records.map((record) => (isKind(record, "experiment") ? record.body.parent?.toString() : "")))
  const found = records.filter(({ id }) => !parents.has(id))
  const every = Math.max(1, Math.floor(found.length / count))
  return found.filter((_, i) => i % every === 0).slice(0, count)
}

async function equalSets(folder: string, size: number): Promise<Row[]> {
  const path = join(folder, `equal-${size}.sqlite`)
  const copy = join(folder, `equal-${size}-copy.sqlite`)
  // Nobody checks a signature where nothing is sent.
  const corpus = createCorpus({ signed: false })
  const store = await openStore(path)
  await store.ingest(corpus.first)
  for (let done = 0; done < size; done += BATCH) await keep(store, corpus.experiments(Math.min(BATCH, size - done)))
  const seq = await store.lastSeq()
  await store.close()
  await copyFile(path, copy)

  const name = `${size.toLocaleString("en")} equal`
  const isBar = size === 100_000
  const compare = async (times: number, delayMs = 0): Promise<Comparison> => {
    await using pair = await startPair(path, copy, delayMs)
    await pair.sync(seq)
    return await pair.compare(times)
  }
  const { bytes, ms, cpuMs } = await compare(COMPARISONS)
  const slow = await compare(3, SLOW_MS)
  return [
    row("sync", name, "bytes", bytes, {
      bar: isBar ? { text: "< 1 KiB", holds: (value) => value < KIB } : null,
    }),
    row("sync", `${name}, CPU of the side that asks`, "ms", cpuMs, {
      bar: isBar ? { text: "< 5 ms", holds: (value) => value < 5 } : null,
    }),
    row("sync", `${name}, round trips with opening and end of the stream`, "", (slow.ms - ms) / (2 * SLOW_MS)),
  ]
}

/** Bytes of a connection over which there is nothing to sync. */
async function idleBytes(folder: string): Promise<number> {
  await using pair = await startPair(join(folder, "idle-a.sqlite"), join(folder, "idle-b.sqlite"))
  return (await pair.sync(0)).bytes
}

interface Pair extends AsyncDisposable {
  /** Lets the second dial the first, until it has stored so many facts and the line is quiet. */
  sync(seq: number): Promise<{ seconds: number; bytes: number }>
  /** What one more sync of equal sets takes. */
  compare(times: number): Promise<Comparison>
}

interface Comparison {
  bytes: number
  ms: number
  cpuMs: number
}

async function startPair(server: string, client: string, delayMs = 0): Promise<Pair> {
  const link: Link = await openLink({ delayMs })
  const from = await startPeer({ database: server, key: 1 })
  const to = await startPeer({ database: client, key: 2 })
  const [address = ""] = await from.call("addresses")
  link.target = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
  let peer = ""
  return {
    sync: async (seq) => {
      const before = link.bytes()
      const begun = performance.now()
      peer = String(await to.call("connect", { address: `127.0.0.1:${link.port}` }))
      await until(async () => (await to.call("seq")) >= seq, { timeoutMs: TIMEOUT_MS, what: "a first sync" })
      const seconds = (performance.now() - begun) / 1000
      // The session's end.
      await to.call("syncNow", { peer, times: 1 })
      return { seconds, bytes: link.bytes() - before }
    },
    compare: async (times) => {
      const before = link.bytes()
      const took = await to.call("syncNow", { peer, times })
      return { ...took, bytes: (link.bytes() - before) / times }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([from.kill(), to.kill()])
      await link[Symbol.asyncDispose]()
    },
  }
}

function startPeer(config: FactPeerConfig): Promise<Remote<FactPeerMethods>> {
  return startProgram<FactPeerMethods>({ file: PEER, config })
}

function bytesOf(envelopes: readonly Uint8Array[]): number {
  return envelopes.reduce((sum, { length }) => sum + length, 0)
}
