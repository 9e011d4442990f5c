import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Random, seededRandom } from "@spore/records"
import { randomBelow, temporaryFolder, until } from "@spore/testkit"
import type { Edge, Fabric } from "./fabric.ts"
import type { NodeConfig } from "./node-config.ts"
import type { NodeMethods } from "./node-process.ts"
import { type Remote, startProgram } from "./remote.ts"

const PROGRAM = fileURLToPath(new URL("./node-process.ts", import.meta.url))
const POLL_MS = 500

export type NodeRemote = Remote<NodeMethods>

/** Starts a process with one node. */
export function startNode(
  config: NodeConfig,
  { within = [], execArgv = [] }: { within?: readonly string[]; execArgv?: readonly string[] } = {},
): Promise<NodeRemote> {
  return startProgram<NodeMethods>({ file: PROGRAM, config, within, execArgv })
}

/** What all nodes hold in the end. */
export interface Agreement {
  readonly facts: number
  /** Digest of everything derived. */
  readonly digest: string
}

/** Processes joined by a graph, each with its own data folder; node 0 is a public relay. */
export interface Network extends AsyncDisposable {
  readonly size: number
  /** Nodes whose process runs. */
  running(): number[]
  /** Starts a process on its folder, be it new or one that was killed. */
  start(node: number): Promise<void>
  /** Ends a process without warning. */
  kill(node: number): Promise<void>
  node(node: number): NodeRemote
  /** Lets a node publish records; a node that is killed meanwhile has acknowledged none. */
  publish(node: number, count: number): Promise<void>
  /**
   * Waits until all running nodes hold all acknowledged records and their files, and derived the same.
   *
   * @throws Error with how far each came
   */
  agree(timeoutMs: number): Promise<Agreement>
  /** The largest resident memory that a process had, in bytes. */
  peakMemory(): Promise<number>
}

export interface NetworkInit {
  seed: number
  size: number
  edges: readonly Edge[]
  fabric: Fabric
  syncIntervalSeconds?: number
}

export async function createNetwork(init: NetworkInit): Promise<Network> {
  const { size, edges, fabric, syncIntervalSeconds = 5 } = init
  const folder = await temporaryFolder()
  const random: Random = seededRandom(init.seed)
  const processes = new Map<number, NodeRemote>()
  /** Ids that some process said to have stored. */
  const acknowledged: string[] = []

  function node(n: number): NodeRemote {
    const found = processes.get(n)
    if (found === undefined) throw new RangeError(`node ${n} was not started`)
    return found
  }

  const running = (): number[] => [...processes].filter(([, remote]) => remote.isRunning()).map(([n]) => n)

  async function start(n: number): Promise<void> {
    const dataDir = join(folder.path, String(n))
    await mkdir(dataDir, { recursive: true })
    const config: NodeConfig = {
      dataDir,
      key: n + 1,
      listen: [fabric.listen(n)],
      peers: edges.filter(([from]) => from === n).map(([from, to]) => fabric.route(from, to)),
      relay: n === 0,
      seed: randomBelow(random, 2 ** 31),
      syncIntervalSeconds,
    }
    const remote = await startNode(config, {
      within: fabric.within(n),
      // A process that needs more than this for some thousand records has a leak.
      execArgv: ["--max-old-space-size=256", "--max-semi-space-size=8"],
    })
    processes.set(n, remote)
    const [address] = await remote.call("addresses")
    if (address === undefined) throw new TypeError(`node ${n} does not listen`)
    fabric.placed(n, address)
    // Who tried in vain to dial it meanwhile pauses ever longer; a person would connect by hand as well.
    for (const [from, to] of edges) {
      if (to !== n || processes.get(from)?.isRunning() !== true) continue
      await node(from)
        .call("connect", { address: fabric.route(from, to) })
        // Where the line is cut; dialled again by itself.
        .catch(() => undefined)
    }
  }

  async function publish(n: number, count: number): Promise<void> {
    const remote = node(n)
    try {
      acknowledged.push(...(await remote.call("publish", { count })))
    } catch (error) {
      if (remote.isRunning()) throw error
    }
  }

  /** What keeps the nodes from agreeing; null where nothing does. */
  async function disagreement(): Promise<string | null> {
    const live = running()
    const facts = await Promise.all(live.map((n) => node(n).call("facts")))
    if (new Set(facts.map(({ hash }) => hash)).size > 1) {
      return `facts: ${live.map((n, i) => `${n}: ${facts[i]?.count}`).join(", ")}`
    }
    const missing = await Promise.all(live.map((n) => node(n).call("missingCodes")))
    if (missing.some((codes) => codes.length > 0)) {
      return `files missing: ${live.map((n, i) => `${n}: ${missing[i]?.length}`).join(", ")}`
    }
    return null
  }

  async function agree(timeoutMs: number): Promise<Agreement> {
    let why: string | null = "nobody was asked"
    try {
      await until(async () => (why = await disagreement()) === null, { timeoutMs, intervalMs: POLL_MS })
    } catch (error) {
      const complaints = await Promise.all(
        running().map(async (n) => {
          const peers = await node(n).call("peers")
          return `-- ${n}, ${peers.length} peers: ${node(n).complaints()}`
        }),
      )
      throw new Error(`no agreement after ${timeoutMs} ms; ${why}\n${complaints.join("\n")}`, { cause: error })
    }
    const live = running()
    const lost = await Promise.all(live.map((n) => node(n).call("lacks", { ids: acknowledged })))
    if (lost.some((ids) => ids.length > 0)) throw new Error(`acknowledged records were lost: ${lost.flat().join(" ")}`)
    const digests = await Promise.all(live.map((n) => node(n).call("digest")))
    const [digest = ""] = digests
    if (digests.some((other) => other !== digest)) {
      throw new Error(`the same facts, but other digests: ${live.map((n, i) => `${n}: ${digests[i]}`).join(", ")}`)
    }
    const [first = 0] = live
    return { facts: (await node(first).call("facts")).count, digest }
  }

  return {
    size,
    running,
    start,
    kill: (n) => node(n).kill(),
    node,
    publish,
    agree,
    peakMemory: async () => {
      const usages = await Promise.all(running().map((n) => node(n).call("usage", {})))
      return Math.max(...usages.map(({ peak }) => peak))
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...processes.values()].map((remote) => remote.kill()))
      await folder[Symbol.asyncDispose]()
    },
  }
}
