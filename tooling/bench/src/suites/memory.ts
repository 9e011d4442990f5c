import { cp, readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createSporeClient, type SporeClient } from "@spore/api/client"
import { atMost, type Row, row } from "@spore/figures"
import { temporaryFolder, until } from "@spore/testkit"
import { z } from "zod"
import { keptSearch, searchAsked } from "../kept-search.ts"
import { type RunningSpore, runUntil } from "../processes/spore.ts"

/** A node gives memory back after ten idle seconds. */
const SETTLE_MS = 25_000
const SYNC_MS = 20 * 60_000
/** Looks at a task, as of somebody who opens the explorer now and then. */
const LOOKS = 50

const readySchema = z.object({ url: z.string() })

/**
 * What a node of the built command line holds of this machine's memory with 100,000 experiments: started, when somebody
 * has looked at its explorer, and while another one fetches all of them. `memory:COUNT[,FOLDER]` as of `explorer`.
 * On Linux alone, whose `/proc` says what a process held at most.
 */
export async function memory(argument = ""): Promise<Row[]> {
  const { count, cache } = searchAsked("memory", argument)
  if (process.platform !== "linux") {
    process.stderr.write("memory: only Linux tells what a process held at most\n")
    return []
  }
  await using folder = await temporaryFolder()
  const kept = await keptSearch(cache, count)
  for (const name of ["spore.sqlite", "artifacts"])
    await cp(join(kept, name), join(folder.path, name), { recursive: true })
  // The search was judged by other rules than a node's: it derives everything anew, once.
  await (await carrier(folder.path))[Symbol.asyncDispose]()

  await using node = await carrier(folder.path)
  await sleep(SETTLE_MS)
  const started = await heldBy(node)
  await lookAround(clientOf(node))
  await sleep(SETTLE_MS)
  const looked = await heldBy(node)
  const newcomer = await sync(node)
  const of = `a node of ${count.toLocaleString("en")} experiments`
  return [
    row("memory", `${of}, started`, "MiB", started.now),
    row("memory", `${of}, after somebody looked at it`, "MiB", looked.now, { bar: atMost(180, "MiB") }),
    row("memory", `${of}, at most until then`, "MiB", looked.most, { bar: atMost(350, "MiB") }),
    row("memory", `a node that fetches them, at most`, "MiB", newcomer.most, { bar: atMost(350, "MiB") }),
    row("memory", `the node that sends them, at most`, "MiB", (await heldBy(node)).most),
    row("memory", `a node that fetches them, experiments a second`, "1/s", newcomer.rate),
  ]
}

function carrier(dataDir: string, ...flags: readonly string[]): Promise<RunningSpore> {
  return runUntil("ready", dataDir, "--no-train", ...flags)
}

function clientOf({ event }: RunningSpore): SporeClient {
  return createSporeClient(readySchema.parse(event).url)
}

/** What a task's page asks for. */
async function lookAround(client: SporeClient): Promise<void> {
  const [task] = (await client.tasks()).items
  if (task === undefined) throw new Error("the node has no task")
  await client.graph(task.id)
  for (let look = 0; look < LOOKS; look++) {
    await Promise.all([
      client.task(task.id),
      client.frontier(task.id),
      client.experiments({ task: task.id, limit: 100 }),
    ])
  }
  await client.search({ q: "warmup" })
}

/** An empty node fetches everything; what it held at most, and how fast it was. */
async function sync(source: RunningSpore): Promise<{ most: number; rate: number }> {
  const { addresses } = await clientOf(source).status()
  const { experiments } = await clientOf(source).stats()
  const [address] = addresses
  if (address === undefined) throw new Error("the node listens nowhere")
  await using folder = await temporaryFolder()
  await using node = await carrier(folder.path, "--lan", "--peer", address)
  const client = clientOf(node)
  const begin = performance.now()
  await until(async () => (await client.stats()).experiments === experiments, {
    timeoutMs: SYNC_MS,
    intervalMs: 500,
    what: "all experiments",
  })
  const seconds = (performance.now() - begin) / 1000
  return { most: (await heldBy(node)).most, rate: experiments / seconds }
}

/** MiB that a process holds now, and held at most. */
async function heldBy({ pid }: RunningSpore): Promise<{ now: number; most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8")
  const mebibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024
  return { now: mebibytes("VmRSS"), most: mebibytes("VmHWM") }
}
