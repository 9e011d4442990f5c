import { join } from "node:path"
import type { ApiServer } from "@spore/api"
import {
  buildFixture,
  buildVerified,
  createFakeNode,
  fakePeer,
  type FakeNode,
  type Fixture,
  hostileFlood,
  hostileText,
  openFixture,
  type Words,
} from "@spore/fixture"
import { nodeIdOf } from "@spore/records"
import { testIdentity } from "@spore/testkit"
import { serveExplorer } from "./serve.ts"

export interface WorldInit {
  readonly experiments: number
  readonly words?: Words
  /** How many do research; one by default. */
  readonly workers?: number
  /** Folder to keep a large search in, for the next time; without it everything is in memory. */
  readonly cache?: string
}

/** A node at work among others: something on each page. */
export interface World extends AsyncDisposable {
  readonly node: FakeNode
  readonly search: Fixture
  readonly server: ApiServer
  /** Unix milliseconds of the moment it shows: the newest fact is half a minute old. */
  readonly now: number
  /** A path for each page and state, by name. */
  readonly pages: ReadonlyMap<string, string>
}

const BEGIN = 1_780_000_000
const NODE_KEY = 500

export async function createWorld({ experiments, words = "plain", workers = 1, cache }: WorldInit): Promise<World> {
  const named = words === "plain" ? { name: "shakespeare-lm" } : {}
  const init = { experiments, words, profiles: true, twoClasses: true, ...named }
  const search =
    cache === undefined
      ? await buildFixture({ ...init, node: await createFakeNode(testIdentity(NODE_KEY)) })
      : await openFixture(join(cache, `${words}-${experiments}`), init)
  const { node } = search
  // What is kept in files stays as it is.
  const verified = cache === undefined ? await buildVerified(node) : undefined
  const now = (BEGIN + 40 + experiments * 37 + 30) * 1000
  await atWork(node, search, words, now, workers)
  const server = await serveExplorer(node)
  const pages = new Map<string, string>(await pathsOf(search))
  for (const name of ["width", "forged", "crash", "upheld"]) {
    if (verified !== undefined) pages.set(`experiment-${name}`, `/e/${verified.noisy.id(name)}`)
  }
  if (verified !== undefined) {
    pages.set("compare", `/compare?a=${verified.noisy.id("context")}&b=${verified.noisy.id("beta")}`)
    pages.set("task-verified", `/t/${verified.noisy.task.id}?tab=frontier`)
  }
  return {
    node,
    search,
    server,
    now,
    pages,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await node.store.close()
    },
  }
}

async function pathsOf({ node, task }: Fixture): Promise<[string, string][]> {
  const at = `/t/${task.id}`
  const pages: [string, string][] = [
    ["index", "/"],
    ["task", at],
    ["task-time", `${at}?x=time&y=gap`],
    ["tree", `${at}?view=tree`],
    ["task-frontier", `${at}?tab=frontier`],
    ["task-activity", `${at}?tab=activity`],
    ["task-nodes", `${at}?tab=nodes`],
    ["task-improvements", `${at}?tab=improvements`],
    ["task-about", `${at}?tab=about`],
    ["nodes", "/nodes"],
    ["node", `/n/${node.nodeId}`],
    ["search", "/search?q=hidden"],
    ["search-empty", "/search?q=nobodywrotethis"],
    ["network", "/network"],
    ["not-found", "/nobody/was/here"],
  ]
  const newest = (await node.store.experiments({ task: task.id }, { limit: 3 })).items
  const best = (await node.store.experiments({ task: task.id, sort: "best", status: "keep" }, { limit: 1 })).items
  for (const [i, { id }] of newest.slice(0, 2).entries()) pages.push([`experiment-newest-${i}`, `/e/${id}`])
  for (const { id } of best) pages.push(["experiment-best", `/e/${id}`])
  const other = newest.find(({ parent }) => parent !== null)
  if (typeof other?.parent === "string") pages.push(["compare-newest", `/compare?a=${other.parent}&b=${other.id}`])
  return pages
}

/** Peers, a running job with its log, and a notice, in the voice of the crowd. */
async function atWork(node: FakeNode, { task }: Fixture, words: Words, now: number, workers: number): Promise<void> {
  const isHostile = words === "hostile"
  const title = isHostile ? hostileText(3, 256) : "hidden 118 → 96"
  node.set({
    task: task.id,
    hardwareClass: "x64/26.10.0",
    startedAt: now - 3 * 3600_000,
    peers: [1, 2, 3, 4].map((n) =>
      fakePeer({
        nodeId: nodeIdOf(testIdentity(NODE_KEY + n).publicKey),
        address: n === 3 ? "/ip6/2001:db8::7/udp/7470/quic-v1" : `/ip4/192.0.2.${n}/tcp/7470`,
        direction: n % 2 === 0 ? "inbound" : "outbound",
        connectedAt: now - n * 1_700_000,
        relayed: n === 3,
        latencyMs: n === 4 ? null : 8.4 * n * n,
        agent: isHostile ? hostileText(n, 64) : "spore/1.0.0",
        carries: { tasks: n, facts: 5000 * n },
        sync: {
          running: n === 2,
          syncedAt: n === 4 ? null : now - n * 40_000,
          complete: n !== 2,
          received: 812 * n,
          sent: 93,
        },
      }),
    ),
    notices: isHostile ? [{ code: "clock_off", message: hostileText(9, 256), next: hostileText(16, 128) }] : [],
  })
  const model = isHostile ? hostileText(5, 128) : "groq openai/gpt-oss-120b"
  const [best] = (await node.store.experiments({ task: task.id, status: "keep", sort: "best" }, { limit: 1 })).items
  const parent = best === undefined ? null : { id: best.id, title: best.title, reason: "the best so far" }
  const spent = {
    requests: 142,
    inputTokens: 1_130_000,
    outputTokens: 91_000,
    costUsd: 0.42,
    unpriced: 0,
    seconds: 900,
  }
  node.set({
    research: {
      proposer: model,
      workers,
      experiments: 121,
      limits: { maxExperiments: null, maxCostUsd: 5, maxTokens: null, until: null },
      spent,
      spentInAll: { ...spent, requests: 900, inputTokens: 9_000_000, costUsd: 3.1 },
      ended: null,
      claims:
        parent === null
          ? []
          : [1, 2].map((n) => ({
              author: nodeIdOf(testIdentity(NODE_KEY + n).publicKey),
              parent: parent.id,
              summary: isHostile ? hostileText(n, 256) : (["rotary positions", "a longer warm-up"][n - 1] ?? ""),
            })),
    },
  })
  const work = { task: task.id, taskName: task.body.name, parent, agent: model, experiment: null }
  for (let worker = 0; worker < workers; worker++) {
    const isProposal = worker % 3 === 1
    node.setActivity({
      ...work,
      worker,
      kind: isProposal ? "proposal" : "experiment",
      title: isProposal ? model : title,
      startedAt: now - 7_000 * (worker + 1),
      progress: isProposal ? null : { fraction: 0.42, loss: 1.8127, remainingSeconds: 9 },
    })
  }
  const steps = Array.from(
    { length: 12 },
    (_, n) => `step ${String(n * 40).padStart(5, "0")} | loss: ${(3.2 - n / 9).toFixed(6)}`,
  )
  node.setLog(isHostile ? hostileFlood(16_000).split("\n") : steps)
}
