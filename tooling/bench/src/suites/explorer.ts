import { cp } from "node:fs/promises"
import { get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { createSporeClient } from "@spore/api/client"
import { atMost, type Bar, median, type Row, row } from "@spore/figures"
import { type Remote, startProgram } from "@spore/soak"
import { temporaryFolder } from "@spore/testkit"
import { keptSearch, searchAsked } from "../kept-search.ts"
import { openProbe, type Probe, WARM } from "../http-probe.ts"
import type { ExplorerServerConfig, ExplorerServerMethods } from "../processes/explorer-server.ts"
import { bundleRow, chartRows, type Site, startBrowser } from "./explorer-pages.ts"

const SERVER = fileURLToPath(new URL("../processes/explorer-server.ts", import.meta.url))
/** Searches whose charts are measured besides. */
const SMALLER = [1_000, 10_000]
const REQUESTS = 50
const GRAPH_REQUESTS = 10
/** Experiments that arrived since, for a delta. */
const ARRIVED = 10
const POLL_MS = 60_000
const POLL_EVERY_MS = 250
/** Polls at the beginning and at the end, between which memory may not grow. */
const COMPARED = 40
const MB = 1_000_000
/** In every hypothesis of a change of one constant: as many hits as any word has. */
const BROAD = "warmup"

/**
 * The API over real HTTP, the memory of the process that serves it, and the pages in a browser, on a search that is built
 * once (some minutes for 100,000) and kept. `explorer:COUNT` for another number of experiments, `explorer:COUNT,FOLDER` to
 * keep it elsewhere than below the system's temporary folder.
 */
export async function explorer(argument = ""): Promise<Row[]> {
  const { count, cache } = searchAsked("explorer", argument)
  const rows: Row[] = []
  await using server = await startServer(cache, count)
  rows.push(...(await requests(server)), ...(await graph(server)), ...(await memory(server)))

  const browser = await startBrowser()
  if (browser === undefined) return rows
  try {
    rows.push(await bundleRow(browser, server.site))
    for (const size of SMALLER.filter((smaller) => smaller < count)) {
      await using small = await startServer(cache, size)
      rows.push(...(await chartRows(browser, small.site)))
    }
    rows.push(...(await chartRows(browser, server.site)))
  } finally {
    await browser.close()
  }
  return rows
}

interface Server extends AsyncDisposable {
  site: Site & { hardwareClass: string }
  process: Remote<ExplorerServerMethods>
  probe: Probe
  /** An empty route of the same process, with an answer of so many bytes. */
  limit(bytes: number, times: number): Promise<number>
}

/** Serves a copy: what arrives while it is measured is not kept. */
async function startServer(cache: string, experiments: number): Promise<Server> {
  const kept = await keptSearch(cache, experiments)
  const folder = await temporaryFolder()
  await cp(kept, folder.path, { recursive: true })
  const config: ExplorerServerConfig = { folder: folder.path, experiments }
  const process = await startProgram<ExplorerServerMethods>({ file: SERVER, config, execArgv: ["--expose-gc"] })
  const addresses = await process.call("addresses")
  const probe = openProbe(addresses.url)
  const bare = openProbe(addresses.bare)
  return {
    site: { experiments, ...addresses },
    process,
    probe,
    limit: async (bytes, times) => (await bare.time(`/bytes/${bytes}`, { times })).ms,
    [Symbol.asyncDispose]: async () => {
      probe[Symbol.dispose]()
      bare[Symbol.dispose]()
      await process.kill()
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function requests({ site, process, probe, limit }: Server): Promise<Row[]> {
  const client = createSporeClient(site.url)
  const newest = await client.experiments({ task: site.task, limit: 100 })
  const id = newest.items[0]?.id ?? ""
  const under5: Bar = { text: "< 5 ms", holds: (value) => value < 5 }
  const rare = await rareWord(site, newest.items)
  const asked: [string, string, Bar][] = [
    ["/tasks", "/tasks", under5],
    ["/status", "/status", under5],
    ["/tasks/:id/frontier", `/tasks/${site.task}/frontier`, under5],
    ["/experiments/:id", `/experiments/${id}`, under5],
    [`/search, one rare word (${rare})`, `/search?q=${encodeURIComponent(rare)}`, atMost(10, "ms")],
    [`/search, a broad word (${BROAD})`, `/search?q=${BROAD}`, atMost(100, "ms")],
  ]
  const rows: Row[] = []
  for (const [name, path, bar] of asked) {
    const before = await process.call("cpu")
    const { ms, bytes } = await probe.time(`/api/v1${path}`, { times: REQUESTS })
    const cpu = ((await process.call("cpu")) - before) / (WARM + REQUESTS)
    rows.push(
      row("explorer", `${name}, beside an empty route`, "ms", ms, { limit: await limit(bytes, REQUESTS), bar }),
      row("explorer", `${name}, processor time`, "ms", cpu),
    )
  }
  return rows
}

/** A word of the newest experiments' titles with the fewest hits. */
async function rareWord({ url }: Site, newest: readonly { title: string }[]): Promise<string> {
  const client = createSporeClient(url)
  const words = new Set(newest.flatMap(({ title }) => title.match(/[\p{L}\p{N}.]{4,}/gu) ?? []))
  let rarest = { word: BROAD, hits: Number.POSITIVE_INFINITY }
  for (const word of words) {
    const { items } = await client.search({ q: word, limit: 100 })
    if (items.length > 0 && items.length < rarest.hits) rarest = { word, hits: items.length }
  }
  return rarest.word
}

async function graph({ site, process, probe, limit }: Server): Promise<Row[]> {
  const path = `/api/v1/tasks/${site.task}/graph`
  const headers = { "accept-encoding": "gzip" }
  const first = await probe.ask(path, headers)
  const warm = await probe.time(path, { times: GRAPH_REQUESTS })
  const same = await probe.time(path, {
    times: REQUESTS,
    status: 304,
    headers: { ...headers, "if-none-match": (await probe.ask(path, headers)).etag },
  })
  const { seq } = await createSporeClient(site.url).stats()
  await process.call("make", { count: ARRIVED })
  const arrival = await probe.ask(`${path}?since=${seq}`, headers)
  const delta = await probe.time(`${path}?since=${seq}`, { times: REQUESTS })
  return [
    row("explorer", "graph, gzip", "MB", first.bytes / MB, { bar: atMost(1, "MB") }),
    row("explorer", "graph, first read", "ms", first.ms, { limit: await limit(first.bytes, GRAPH_REQUESTS) }),
    row("explorer", "graph, read again", "ms", warm.ms, { limit: await limit(warm.bytes, GRAPH_REQUESTS) }),
    row("explorer", "graph, unchanged (304)", "ms", same.ms, { limit: await limit(0, REQUESTS) }),
    row("explorer", `graph, first delta after ${ARRIVED} arrived`, "ms", arrival.ms, {
      limit: await limit(arrival.bytes, REQUESTS),
    }),
    row("explorer", `graph, the same delta again`, "ms", delta.ms, { limit: await limit(delta.bytes, REQUESTS) }),
    row("explorer", `graph, the same delta, beside the whole`, "bytes", delta.bytes, { limit: first.bytes }),
  ]
}

/** As pages that stay open ask: an experiment arrives every second, a client of the events comes and goes. */
async function memory({ site, process, probe }: Server): Promise<Row[]> {
  const task = `/api/v1/tasks/${site.task}`
  const headers = { "accept-encoding": "gzip" }
  const before = await process.call("reachable")
  const held: number[] = []
  let { seq } = await createSporeClient(site.url).stats()
  let etag = ""
  const end = performance.now() + POLL_MS
  for (let poll = 0; performance.now() < end || held.length < 2 * COMPARED; poll++) {
    const closeEvents = openEvents(`${site.url}/api/v1/events?task=${site.task}`)
    if (poll % (1_000 / POLL_EVERY_MS) === 0) {
      await process.call("make", { count: 1 })
      seq = (await createSporeClient(site.url).stats()).seq - 1
    }
    await probe.ask("/api/v1/status", headers)
    etag = (await probe.ask(`${task}/graph?since=${seq}`, { ...headers, "if-none-match": etag })).etag
    await probe.ask(`${task}/frontier`, headers)
    await sleep(POLL_EVERY_MS)
    closeEvents()
    held.push(await process.call("memory"))
  }
  const after = await process.call("reachable")
  const [begin, settled] = [median(held.slice(0, COMPARED)), median(held.slice(-COMPARED))]
  const minute = `${Math.round(POLL_MS / 1000)} s of polling`
  return [
    row("explorer", `memory, growth within ${minute}`, "MiB", settled - begin),
    row("explorer", `reachable objects after ${minute}`, "MiB", after),
    row("explorer", `reachable objects, growth within ${minute}`, "MiB", after - before, { bar: atMost(10, "MiB") }),
  ]
}

/** Follows the events until the returned function is called. */
function openEvents(url: string): () => void {
  const request = get(url, (response) => response.on("error", () => undefined).resume())
  request.on("error", () => undefined)
  return () => void request.destroy()
}
