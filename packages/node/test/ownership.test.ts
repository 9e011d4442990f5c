import { createStore, type Store } from "@spore/dag"
import type { SporeRecord } from "@spore/records"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createRunPolicy } from "../src/ownership.ts"

const [me, peer] = [testIdentity(1), testIdentity(2)]
const bundled = makeTask(peer, { name: "bundled" })
const own = makeTask(me, { name: "own" })
const foreign = makeTask(peer, { name: "foreign" })
const peerRoot = makeExperiment(peer, { task: bundled, score: 3 })
const mine = makeExperiment(me, { task: bundled, parent: peerRoot, score: 2, code: "mine" })
const theirs = makeExperiment(peer, { task: bundled, parent: mine, score: 1.5, code: "theirs" })
const mineOnTheirs = makeExperiment(me, { task: bundled, parent: theirs, score: 1, code: "mine on theirs" })

async function filledStore(): Promise<Store> {
  const store = await createStore({ path: ":memory:" })
  await store.ingest([bundled, own, foreign, peerRoot, mine, theirs, mineOnTheirs])
  return store
}

/** Which of the tasks and experiments a node with this sandbox and this permission would run. */
async function allowed(isolated: boolean, unsandboxedOwn: boolean): Promise<string[]> {
  const store = await filledStore()
  const bundledTasks = new Set([bundled.id])
  const policy = createRunPolicy({ store, nodeId: me.nodeId, bundledTasks, isolated, unsandboxedOwn })
  const tasks = (await store.tasks()).filter((task) => policy.allowsTask(task)).map(({ name }) => name)
  const runs = async (record: SporeRecord<"experiment">, name: string): Promise<string[]> => {
    const row = await store.experiment(record.id)
    return row !== undefined && (await policy.allowsExperiment(row)) ? [name] : []
  }
  const experiments = [
    await runs(peerRoot, "a peer's baseline"),
    await runs(mine, "mine"),
    await runs(theirs, "theirs"),
    await runs(mineOnTheirs, "mine on theirs"),
  ]
  await store.close()
  return [...tasks.toSorted(), ...experiments.flat()]
}

describe("Python environments that are prepared without asking", () => {
  it("are those of bundled and own tasks, sandbox or not", async () => {
    for (const isolated of [true, false]) {
      const store = await filledStore()
      const bundledTasks = new Set([bundled.id])
      const policy = createRunPolicy({ store, nodeId: me.nodeId, bundledTasks, isolated, unsandboxedOwn: false })
      const names = (await store.tasks()).filter((task) => policy.mayPrepare(task)).map(({ name }) => name)
      expect(names.toSorted()).toEqual(["bundled", "own"])
      await store.close()
    }
  })
})

describe("what a node may run", () => {
  it("is everything in an isolating sandbox", async () => {
    const everything = ["a peer's baseline", "mine", "theirs", "mine on theirs"]
    expect(await allowed(true, false)).toEqual(["bundled", "foreign", "own", ...everything])
  })

  it("is nothing without a sandbox", async () => {
    expect(await allowed(false, false)).toEqual([])
  })

  it("is bundled and own tasks, and candidates of a wholly own ancestry, by the keeper's explicit word", async () => {
    expect(await allowed(false, true)).toEqual(["bundled", "own", "a peer's baseline", "mine"])
  })
})
