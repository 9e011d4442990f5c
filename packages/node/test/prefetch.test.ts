import { createStore } from "@spore/dag"
import { type CID, cidOf, RAW, silentLogger } from "@spore/records"
import { makeExperiment, makeTask, testIdentity, until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { createPrefetch, type Prefetch, type PrefetchInit } from "../src/prefetch.ts"
import { createPrefetchList, turnOf } from "../src/prefetch-list.ts"
import { WORTH } from "../src/artifact-worth.ts"

const file = (text: string): CID => cidOf(RAW, new TextEncoder().encode(text))
const author = testIdentity(1)
const task = makeTask(author, { name: "sample", bundle: file("bundle"), baseline: file("baseline") })
const first = makeExperiment(author, { task, score: 2, code: file("baseline") })
const experiment = makeExperiment(author, { task, parent: first, score: 1, code: file("code"), log: file("log") })
const ids = (...texts: string[]): string[] => texts.map((text) => file(text).toString()).toSorted()

/** A prefetch over a store with one task and one experiment, that notes what it fetches. */
async function setUp() {
  const store = await createStore({ path: ":memory:" })
  for (const { status, reason } of await store.ingest([task, first, experiment])) {
    if (status !== "stored") throw new TypeError(`${status} ${reason}`)
  }
  const held = new Set<string>()
  const asked: string[] = []
  let bytes = 0
  const begin = (overrides: Partial<PrefetchInit> = {}): Prefetch => {
    asked.length = 0
    const prefetch = createPrefetch({
      store,
      follows: () => true,
      isWithheld: async () => false,
      isHeld: async (root) => held.has(root.toString()),
      hasPeers: () => true,
      hasRoom: () => true,
      measure: async () => undefined,
      bytes: () => bytes,
      fetch: async (root) => {
        asked.push(root.toString())
        if (root.equals(file("log"))) throw new Error("nobody has it")
        held.add(root.toString())
        bytes += 100
      },
      log: silentLogger,
      onFetched: () => undefined,
      ...overrides,
    })
    prefetch.start()
    return prefetch
  }
  return {
    store,
    begin,
    asked,
    held,
    empty: () => (held.clear(), (bytes = 0)),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

describe("prefetch", () => {
  test("brings what stored facts link to, the code before logs, and tries again what nobody had", async () => {
    await using at = await setUp()
    const prefetch = at.begin()
    await until(() => at.asked.length === 4)
    expect(at.asked.toSorted()).toEqual(ids("bundle", "baseline", "code", "log"))
    await until(() => at.held.size === 3)
    prefetch.retry()
    await until(() => at.asked.length === 5)
    expect(at.asked.at(-1)).toBe(file("log").toString())
    await prefetch.stop()
  })

  test("begins after a restart where it was, and from the beginning where what was held is gone", async () => {
    await using at = await setUp()
    const before = at.begin()
    await until(() => at.held.size === 3 && at.asked.length === 4)
    await before.stop()
    // What a collection deleted is not wanted again.
    at.held.delete(file("code").toString())
    const second = at.begin()
    await until(() => at.asked.length === 1)
    await second.stop()
    expect(at.asked).toEqual([file("log").toString()])
    at.empty()
    const third = at.begin()
    await until(() => at.asked.length === 4)
    await third.stop()
  })

  test("reads no facts and asks nobody before a peer comes, and goes on when another does", async () => {
    await using at = await setUp()
    let peers = 0
    let read = 0
    let isMeasured = false
    const store: PrefetchInit["store"] = { ...at.store, get: (id) => (read++, at.store.get(id)) }
    const prefetch = at.begin({
      store,
      hasPeers: () => peers > 0,
      measure: async () => void (isMeasured = true),
      // The first peer leaves at once.
      fetch: async (root) => {
        at.asked.push(root.toString())
        at.held.add(root.toString())
        if (at.asked.length === 1) peers = 0
      },
    })
    await until(() => isMeasured)
    prefetch.want(makeExperiment(author, { task, parent: first, score: 2, code: file("new") }), 4)
    prefetch.retry()
    expect([read, at.asked.length]).toEqual([0, 0])
    peers = 1
    prefetch.retry()
    await until(() => at.asked.length > 0 && peers === 0)
    expect(at.asked.length).toBeLessThan(5)
    peers = 1
    prefetch.retry()
    await until(() => at.held.size === 5)
    expect(at.asked.toSorted()).toEqual(ids("bundle", "baseline", "code", "log", "new"))
    await prefetch.stop()
  })

  test("takes up again a look through the facts that failed", async () => {
    await using at = await setUp()
    let failed = 0
    const changes: PrefetchInit["store"]["changes"] = async (...asked) => {
      if (failed++ === 0) throw new Error("the disk is busy")
      return at.store.changes(...asked)
    }
    const prefetch = at.begin({ store: { ...at.store, changes } })
    await until(() => failed === 1)
    expect(at.asked).toEqual([])
    await until(() => {
      prefetch.retry()
      return at.asked.length >= 4
    })
    await prefetch.stop()
  })

  test("fetches nothing there is no room for, nor what is withheld or not followed", async () => {
    await using at = await setUp()
    let isRoom = false
    const full = at.begin({ hasRoom: () => isRoom, isWithheld: async (root) => root.equals(file("bundle")) })
    full.want(makeExperiment(author, { task, parent: first, score: 2, code: file("new") }), 4)
    isRoom = true
    full.resume()
    await until(() => at.asked.length === 4)
    expect(at.asked.toSorted()).toEqual(ids("baseline", "code", "log", "new"))
    await full.stop()
    const none = at.begin({ follows: () => false })
    none.want(makeExperiment(author, { task, parent: first, score: 3, code: file("other") }), 5)
    await until(() => at.asked.length === 2)
    await none.stop()
    // Left from before; withheld no more.
    expect(at.asked.toSorted()).toEqual(ids("bundle", "log"))
  })
})

test("turns: what is run before what was written, new facts before old ones", () => {
  const list = createPrefetchList()
  const wishes: [string, 0 | 1 | 2 | 3][] = [
    ["old log", turnOf(WORTH.output, true)],
    ["log", turnOf(WORTH.output, false)],
    ["old code", turnOf(WORTH.code, true)],
    ["bundle", turnOf(WORTH.task, false)],
  ]
  for (const [id, turn] of wishes) expect(list.add({ id, turn })).toBe(true)
  expect(list.take((turn) => turn > 0)?.id).toBe("old code")
  const taken = [0, 1, 2].map(() => list.take(() => true)?.id)
  expect(taken).toEqual(["bundle", "log", "old log"])
  expect(list.take(() => true)).toBeUndefined()
  // What is being fetched, or waits, is not listed twice.
  list.add({ id: "log", turn: 2 })
  expect(list.take(() => true)).toBeUndefined()
  list.failed({ id: "log", turn: 2 })
  list.again(10)
  expect(list.take(() => true)?.id).toBe("log")
})
