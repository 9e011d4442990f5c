import { execFile } from "node:child_process"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { createStore, type Store } from "@spore/dag"
import { type AnyRecord, isKind, type SporeRecord } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { createVerdicts } from "@spore/verify"
import { type Corpus, createCorpus } from "../corpus.ts"
import { atMost, quantile, type Row, row } from "@spore/figures"

const BATCH = 1_000
const READS = 200
const WRITES = 50
/** One rerun for so many experiments. */
const RERUN_EVERY = 10

/**
 * Reads, single writes, memory and room at growing numbers of records, one in eleven of them a rerun. Signatures are
 * left out, since nothing here checks them; `ingest` measures those. A million takes some minutes and 4 GB of disk:
 * `pnpm bench dag:1000000`.
 */
export async function dag(argument: string | undefined): Promise<Row[]> {
  const sizes = (argument ?? "10000,100000").split(",").map(Number)
  const rows: Row[] = []
  for (const size of sizes) rows.push(...(await atSize(size)))
  return rows
}

async function atSize(size: number): Promise<Row[]> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "spore.sqlite")
  const corpus = createCorpus({ signed: false })
  let store = await createStore({ path, verdicts: createVerdicts() })
  const seconds = await fill(store, corpus, size)
  await store.close()

  const opening = performance.now()
  store = await createStore({ path, verdicts: createVerdicts() })
  const name = size.toLocaleString("en")
  const rows = [
    row("dag", `${name}: fill, all derived state`, "records/s", size / seconds),
    row("dag", `${name}: open`, "ms", performance.now() - opening),
    row("dag", `${name}: database`, "bytes/record", (await stat(path)).size / size),
  ]
  for (const [what, bar, read] of await reads(store, corpus)) rows.push(...(await timed(`${name}: ${what}`, bar, read)))
  rows.push(row("dag", `${name}: memory of a process that read its lists`, "MB", (await memoryOf(path)) / 1e6))
  rows.push(...(await writes(store, corpus, name)))

  const rebuilding = performance.now()
  const digest = await store.digest()
  await store.rebuild()
  rows.push(row("dag", `${name}: rebuild`, "s", (performance.now() - rebuilding) / 1000))
  if ((await store.digest()) !== digest) throw new TypeError("a rebuilt store has another digest")
  await store.close()
  return rows
}

async function fill(store: Store, corpus: Corpus, size: number): Promise<number> {
  await store.ingest(corpus.first)
  let milliseconds = 0
  for (let done = 0; done < size; done += BATCH) {
    const experiments = corpus.experiments(Math.ceil((BATCH * RERUN_EVERY) / (RERUN_EVERY + 1)))
    const targets = experiments.filter(isScored).slice(0, BATCH - experiments.length)
    const batch = [...experiments, ...targets.map((target) => corpus.verification(target))]
    const start = performance.now()
    const results = await store.ingest(batch)
    milliseconds += performance.now() - start
    if (results.some(({ status }) => status !== "stored")) throw new TypeError("a record of the corpus was not stored")
  }
  return milliseconds / 1000
}

function isScored(record: AnyRecord): record is SporeRecord<"experiment"> {
  return isKind(record, "experiment") && record.body.run.outcome === "ok"
}

type Read = readonly [what: string, bar: number | null, read: () => Promise<unknown>]

async function reads(store: Store, { task }: Corpus): Promise<Read[]> {
  const { id } = task
  const [standing] = (await store.task(id))?.standings ?? []
  const cls = standing?.class ?? ""
  const { items } = await store.experiments({ task: id }, { limit: 100 })
  const ids = items.map((item) => item.id)
  let turn = 0
  const next = (): string => ids[turn++ % ids.length] ?? ""
  return [
    ["task list", 5, () => store.tasks()],
    ["status: task with standings", 5, () => store.task(id)],
    ["candidates", 5, () => store.experiments({ task: id, class: cls, candidate: true, sort: "best" }, { limit: 50 })],
    ["frontier", 5, () => store.frontier(id, cls)],
    ["best", 5, () => store.experiments({ task: id, class: cls, sort: "best" }, { limit: 1 })],
    ["experiment", 5, () => store.experiment(next())],
    ["lineage", null, () => store.lineage(next())],
    ["activity page", 5, () => store.activity(id, { limit: 50 })],
    ["changed since", 5, () => store.experiments({ task: id, sort: "changed", changedAfter: 1 }, { limit: 50 })],
    ["per-node statistics", null, () => store.authors(id)],
    ["search, one rare term", 10, () => store.search(`rare${1 + (turn++ % 1000)}`)],
    ["search, three common terms", 100, () => store.search("warmup cosine schedule")],
    ["search, one letter", 100, () => store.search("s")],
  ]
}

async function timed(name: string, bar: number | null, read: () => Promise<unknown>): Promise<Row[]> {
  await read()
  const times: number[] = []
  for (let i = 0; i < READS; i++) {
    const start = performance.now()
    await read()
    times.push(performance.now() - start)
  }
  const limit = bar === null ? null : atMost(bar, "ms")
  return [
    row("dag", name, "ms", quantile(times, 0.5), { bar: limit }),
    row("dag", `${name}, p99`, "ms", quantile(times, 0.99)),
  ]
}

async function writes(store: Store, corpus: Corpus, name: string): Promise<Row[]> {
  const adds: number[] = []
  const reruns: number[] = []
  for (let i = 0; i < WRITES; i++) {
    const [experiment] = corpus.experiments(1)
    if (experiment === undefined) continue
    let start = performance.now()
    await store.ingest([experiment])
    adds.push(performance.now() - start)
    if (!isScored(experiment)) continue
    const verification = corpus.verification(experiment)
    start = performance.now()
    await store.ingest([verification])
    reruns.push(performance.now() - start)
  }
  return [
    row("dag", `${name}: add one experiment, durably`, "ms", quantile(adds, 0.5)),
    row("dag", `${name}: add one experiment, durably, p99`, "ms", quantile(adds, 0.99)),
    row("dag", `${name}: add one verification, durably`, "ms", quantile(reruns, 0.5)),
    row("dag", `${name}: add one verification, durably, p99`, "ms", quantile(reruns, 0.99)),
  ]
}

const MEMORY = fileURLToPath(new URL("../memory-of-store.ts", import.meta.url))

async function memoryOf(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEMORY, path])
  return Number(stdout)
}
