import { execFileSync } from "node:child_process"
import { seededRandom } from "@spore/records"
import { pick, shuffled } from "@spore/testkit"
import type { Edge, Fabric } from "./fabric.ts"
import { randomGraph } from "./graph.ts"
import { type Agreement, createNetwork, type Network } from "./network.ts"

export interface SoakInit {
  /** The same seed gives the same graph and the same choices. */
  seed: number
  /** Nodes, at least 4; the first is a relay. */
  nodes: number
  /** Records that each node publishes in each phase. */
  records: number
  /** Rounds go on until so many minutes are over; one round at least. */
  minutes?: number
  /** Time for the nodes to come to agree, after the last disturbance. */
  agreeMs: number
  openFabric: (edges: readonly Edge[]) => Promise<Fabric>
  /** Told at the end of each phase. */
  onPhase?: (phase: Phase) => void
}

export interface Phase {
  readonly round: number
  readonly name: string
  readonly seconds: number
}

export interface SoakReport extends Agreement {
  readonly seed: number
  readonly commit: string
  readonly fabric: string
  readonly nodes: number
  readonly rounds: number
  readonly phases: readonly Phase[]
  /** Bytes: the largest process. */
  readonly peakMemory: number
}

/**
 * Nodes that come late, are killed, are parted from the others, and publish all the while; in the end all of them hold
 * the same facts and files and derived the same from them.
 *
 * @throws Error with seed and commit, where they do not
 */
export async function soak(init: SoakInit): Promise<SoakReport> {
  const { seed, nodes, records, minutes = 0, agreeMs, openFabric, onPhase } = init
  const random = seededRandom(seed)
  const edges = randomGraph(random, nodes)
  const phases: Phase[] = []
  const deadline = performance.now() + minutes * 60_000
  let round = 0

  async function phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    const result = await work()
    const done = { round, name, seconds: (performance.now() - start) / 1000 }
    phases.push(done)
    onPhase?.(done)
    return result
  }

  const publishAll = (network: Network, whom = network.running()): Promise<unknown> =>
    Promise.all(whom.map((n) => network.publish(n, records)))

  try {
    await using fabric = await openFabric(edges)
    await using network = await createNetwork({ seed, size: nodes, edges, fabric })
    const everyone = Array.from({ length: nodes }, (_, n) => n)
    const late = new Set(shuffled(random, everyone.slice(1)).slice(0, Math.floor(nodes / 4)))
    const early = everyone.filter((n) => !late.has(n))
    let agreement: Agreement | undefined

    await phase(`start ${early.length} nodes`, () => startAll(network, early))
    do {
      round++
      const live = network.running()
      // All but the relay.
      const victims = live.filter((n) => n !== 0).toSorted((a, b) => a - b)
      const [apart = 0, ...killed] = shuffled(random, victims).slice(0, 1 + Math.max(1, Math.floor(nodes / 5)))
      await phase("publish", () => publishAll(network))
      await phase(`part node ${apart} from the others, publish on both sides`, async () => {
        fabric.part(new Set([apart]))
        await publishAll(network)
      })
      await phase(`kill ${killed.join(", ")} while they publish`, async () => {
        const publishing = publishAll(network)
        await Promise.all(killed.map((n) => network.publish(n, 1)))
        await Promise.all(killed.map((n) => network.kill(n)))
        await publishing
      })
      if (round === 1) await phase(`start late ${[...late].join(", ")}`, () => startAll(network, [...late]))
      await phase("publish without them", () => publishAll(network))
      await phase("join and restart", async () => {
        fabric.heal()
        await startAll(network, killed)
        await network.publish(pick(random, killed), records)
      })
      agreement = await phase("agree", () => network.agree(agreeMs))
    } while (performance.now() < deadline)

    return {
      ...agreement,
      seed,
      commit: commit(),
      fabric: fabric.name,
      nodes,
      rounds: round,
      phases,
      peakMemory: await network.peakMemory(),
    }
  } catch (error) {
    const done = phases.map(({ name }) => name).join("; ")
    throw new Error(`seed ${seed}, commit ${commit()}, ${nodes} nodes, round ${round}, after: ${done}`, {
      cause: error,
    })
  }
}

/** Two at a time, as the machine has at least two cores. */
async function startAll(network: Network, nodes: readonly number[]): Promise<void> {
  const waiting = [...nodes]
  const next = async (): Promise<void> => {
    for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) await network.start(n)
  }
  await Promise.all([next(), next()])
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim()
  } catch {
    return "unknown"
  }
}
