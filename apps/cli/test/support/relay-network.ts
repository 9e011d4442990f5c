import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { type Experiment, type SporeClient, verdictWords } from "@spore/api/client"
import { prepareDataFolder } from "@spore/node/local"
import { until } from "@spore/testkit"
import { expect } from "vitest"
import { type RunningNode, runNode, runRelay } from "./node.ts"
import { emptyHome, type Home } from "./spore.ts"
import { digestOf, withStore } from "./stored.ts"

/** A rerun takes seconds; on two busy cores with other tests beside it, and a retry of what was not to be had, minutes. */
export const LONG = { timeoutMs: 240_000, intervalMs: 100 }

export const CARRY = ["--no-train"]
export const VERIFY = ["--verify-only"]

/** Nodes of one machine, each of which knows a relay alone and is online when a test says so. */
export interface RelayNetwork extends AsyncDisposable {
  readonly home: Home
  /** Where the relay's running process is reached. */
  readonly address: string
  /** The API of the relay's running process. */
  readonly relay: SporeClient
  /** Runs `spore run` on the data folder of this name for as long as `work` lasts. */
  online<T>(name: string, flags: readonly string[], work: (node: RunningNode) => Promise<T>): Promise<T>
  /** Waits until the relay says this of experiments, in the words of all views: `reproduced 2/2`. */
  judges(words: Readonly<Record<string, string>>): Promise<void>
  /** The node id of a data folder's key. */
  nodeId(name: string): Promise<string>
  /** Experiments as the relay has them. */
  rows(...ids: readonly string[]): Promise<Experiment[]>
  /**
   * Ends the relay and starts it anew; then each node comes once more, by itself, until it is in step with the relay
   * and has nothing to do. Gives what each says of its derived state.
   */
  restart(nodes: Readonly<Record<string, readonly string[]>>): Promise<Standing[]>
}

/** What a node's data folder holds. */
export interface Standing {
  readonly name: string
  /** Of everything derived. */
  readonly digest: string
  /** Who reran what. */
  readonly reruns: readonly string[]
}

export async function relayNetwork(): Promise<RelayNetwork> {
  const home = await emptyHome()
  let relay = await runRelay(home, "relay")

  async function online<T>(
    name: string,
    flags: readonly string[],
    work: (node: RunningNode) => Promise<T>,
  ): Promise<T> {
    await using node = await runNode(home, name, "--peer", relay.address, ...flags)
    return await work(node)
  }

  /** Whether it has what the relay has, and nothing to do. */
  async function isSettled({ client }: RunningNode): Promise<boolean> {
    // First what is there, then whether it has been dealt with.
    if (!isDeepStrictEqual(await client.stats(), await relay.client.stats())) return false
    const { peers, verify_queue: queue, activities } = await client.status()
    return peers.length > 0 && queue === 0 && activities.length === 0
  }

  async function standing(name: string): Promise<Standing> {
    const dataDir = join(home.path, name)
    return { name, digest: await digestOf(dataDir), reruns: await rerunsIn(dataDir) }
  }

  return {
    home,
    get address() {
      return relay.address
    },
    get relay() {
      return relay.client
    },
    online,
    judges: async (words) => {
      for (const [id, expected] of Object.entries(words)) {
        let said = "nothing"
        await until(
          async () => {
            said = verdictWords(await relay.client.experiment(id))
            return said === expected
          },
          { ...LONG, what: `"${expected}" at the relay, of ${id}` },
        ).catch((error: unknown) => {
          throw new Error(`the relay says "${said}"`, { cause: error })
        })
      }
    },
    nodeId: async (name) => (await prepareDataFolder(join(home.path, name))).identity.nodeId,
    rows: (...ids) => Promise.all(ids.map((id) => relay.client.experiment(id))),
    restart: async (nodes) => {
      await relay.stop()
      relay = await runRelay(home, "relay")
      for (const [name, flags] of Object.entries(nodes)) {
        await online(name, flags, (node) =>
          until(() => isSettled(node), { ...LONG, what: `${name} to be in step with the relay` }),
        )
      }
      return Promise.all(["relay", ...Object.keys(nodes)].map(standing))
    },
    [Symbol.asyncDispose]: async () => {
      await relay.stop()
      await home[Symbol.asyncDispose]()
    },
  }
}

async function rerunsIn(dataDir: string): Promise<string[]> {
  const { items } = await withStore(dataDir, (store) => store.verifications({}, { limit: 500 }))
  return items.map(({ id, author, experiment }) => `${author} reran ${experiment}: ${id}`).toSorted()
}

/** Restarts everything: all derive the same, and nothing is rerun again. */
export async function holdsAfterRestart(
  network: RelayNetwork,
  nodes: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const reruns = await rerunsIn(join(network.home.path, "relay"))
  const standings = await network.restart(nodes)
  const digest = standings[0]?.digest
  expect(standings).toEqual(standings.map(({ name }) => ({ name, digest, reruns })))
}
