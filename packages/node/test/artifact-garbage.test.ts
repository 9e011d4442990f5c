import { CID, cidOf, RAW, silentLogger } from "@spore/records"
import { addFile, addFolder, type ArtifactStore, createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeExperiment, makeTask, testIdentity, until } from "@spore/testkit"
import { createStore } from "@spore/dag"
import { createVerdicts } from "@spore/verify"
import { describe, expect, test } from "vitest"
import { type Collected, collectGarbage } from "../src/artifact-garbage.ts"
import { createArtifactKeeper } from "../src/artifact-keep.ts"
import { type NamedArtifact, namedArtifacts, type Worth, WORTH } from "../src/artifact-worth.ts"
import type { Notice } from "../src/node.ts"
import { loadKept } from "../src/research/kept.ts"

const HOUR = 3_600_000
const NOW = 1_800_000_000_000

/** A store of files of 1,000 bytes, put at an hour each by a clock that the test moves. */
function timedStore(): { artifacts: ArtifactStore; put: (fill: number, hour: number) => Promise<CID> } {
  let now = 0
  const artifacts = createMemoryArtifactStore({ now: () => now })
  return {
    artifacts,
    put: (fill, hour) => {
      now = NOW - 100 * HOUR + hour * HOUR
      return addFile(artifacts, new Uint8Array(1000).fill(fill))
    },
  }
}

function named(...items: [CID, Worth][]): Map<string, NamedArtifact> {
  return new Map(items.map(([cid, worth]) => [cid.toString(), { cid, worth }]))
}

async function collect(
  artifacts: ArtifactStore,
  names: Map<string, NamedArtifact>,
  more: { quota?: number; withheld?: ReadonlySet<string>; dryRun?: boolean } = {},
): Promise<Collected> {
  const clock = { now: () => NOW }
  return collectGarbage({ artifacts, named: names, withheld: new Set(), quota: 1e9, clock, ...more })
}

async function heldOf(artifacts: ArtifactStore, cids: readonly CID[]): Promise<boolean[]> {
  return Promise.all(cids.map((cid) => artifacts.has(cid)))
}

describe("collecting", () => {
  test("deletes what nothing names, and only says so in a dry run", async () => {
    const { artifacts, put } = timedStore()
    const [kept, loose] = [await put(1, 0), await put(2, 0)]
    const names = named([kept, WORTH.output])
    const expected = { blocks: 2, bytes: 2000, freedBlocks: 1, freedBytes: 1000 }
    expect(await collect(artifacts, names, { dryRun: true })).toEqual(expected)
    expect(await heldOf(artifacts, [kept, loose])).toEqual([true, true])
    expect(await collect(artifacts, names)).toEqual(expected)
    expect(await heldOf(artifacts, [kept, loose])).toEqual([true, false])
  })

  test("deletes nothing that was used in the last 20 minutes, full or not", async () => {
    const { artifacts, put } = timedStore()
    const [fresh, old] = [await put(1, 99.9), await put(2, 99)]
    expect(await collect(artifacts, new Map(), { quota: 1 })).toMatchObject({ freedBlocks: 1 })
    expect(await heldOf(artifacts, [fresh, old])).toEqual([true, false])
  })

  test("brings a full store down to nine tenths: the least worth goes first, then what was used longest ago", async () => {
    const { artifacts, put } = timedStore()
    const cids = [
      await put(0, 1),
      await put(1, 2),
      await put(2, 3),
      await put(3, 50),
      await put(4, 40),
      await put(5, 60),
      await put(6, 90),
      await put(7, 80),
    ]
    const worth: Worth[] = [
      WORTH.always,
      WORTH.task,
      WORTH.leading,
      WORTH.code,
      WORTH.code,
      WORTH.code,
      WORTH.output,
      WORTH.output,
    ]
    const names = named(...cids.map((cid, i): [CID, Worth] => [cid, worth[i] ?? WORTH.output]))
    await collect(artifacts, names, { quota: 8000 })
    expect(await heldOf(artifacts, cids)).toEqual(cids.map(() => true))
    await collect(artifacts, names, { quota: 6000 })
    expect(await heldOf(artifacts, cids)).toEqual([true, true, true, true, false, true, false, false])
    await collect(artifacts, names, { quota: 500 })
    expect(await heldOf(artifacts, cids)).toEqual([true, ...Array.from({ length: 7 }, () => false)])
  })

  test("keeps the blocks that a kept artifact shares with one that goes", async () => {
    const { artifacts, put } = timedStore()
    const shared = await put(1, 0)
    const content = (await artifacts.get(shared)) ?? new Uint8Array()
    const other = new Uint8Array(1000).fill(2)
    const kept = await addFolder(artifacts, new Map([["a", content]]))
    const gone = await addFolder(
      artifacts,
      new Map([
        ["a", content],
        ["b", other],
      ]),
    )
    await collect(artifacts, named([kept, WORTH.always], [gone, WORTH.output]), { quota: 1500 })
    expect(await heldOf(artifacts, [kept, shared, gone, cidOf(RAW, other)])).toEqual([true, true, false, false])
  })

  test("deletes what is withheld whatever names it, but no file that others hold too", async () => {
    const { artifacts, put } = timedStore()
    const file = await put(1, 0)
    const content = (await artifacts.get(file)) ?? new Uint8Array()
    const withheld = await addFolder(artifacts, new Map([["a", content]]))
    const names = named([withheld, WORTH.always], [file, WORTH.code])
    await collect(artifacts, names, { withheld: new Set([withheld.toString()]) })
    expect(await heldOf(artifacts, [withheld, file])).toEqual([false, true])
  })
})

test("artifacts are named by the facts that link to them, at their greatest worth", async () => {
  await using facts = await sample()
  const { store, task, best, worse } = facts
  const names = await namedArtifacts({ store, nodeId: testIdentity(9).nodeId, bundledTasks: new Set(), always: [] })
  expect(names.get(task.body.bundle.toString())?.worth).toBe(WORTH.task)
  expect(names.get(best.body.code.toString())?.worth).toBe(WORTH.leading)
  expect(names.get(worse.body.code.toString())?.worth).toBe(WORTH.code)
  expect(names.get(best.body.log?.toString() ?? "")?.worth).toBe(WORTH.output)
  const own = await namedArtifacts({ store, nodeId: testIdentity(1).nodeId, bundledTasks: new Set(), always: [] })
  expect(new Set([...own.values()].map(({ worth }) => worth))).toEqual(new Set([WORTH.always]))
})

test("the code of a proposal that waits to be run is always kept, until it ran", async () => {
  await using facts = await sample()
  const { store, task, best } = facts
  const code = cidOf(RAW, new TextEncoder().encode("proposed"))
  const worth = async (): Promise<Worth | undefined> => {
    const names = await namedArtifacts({ store, nodeId: testIdentity(9).nodeId, bundledTasks: new Set(), always: [] })
    return names.get(code.toString())?.worth
  }
  const words = { class: "cpu", reason: "best", title: "t", hypothesis: "", agent: "a" }
  const kept = await loadKept(store)
  await kept.add({ ...words, code: code.toString(), task: task.id, parent: best.id })
  expect(await worth()).toBe(WORTH.always)
  await kept.done(code.toString())
  expect(await worth()).toBeUndefined()
})

describe("the keeper of a node's artifacts", () => {
  test("collects when the quota is exceeded, and says so where nothing can go", async () => {
    await using facts = await sample()
    const { artifacts, put } = timedStore()
    const notices: Notice[] = []
    let rooms = 0
    const keeper = createArtifactKeeper({
      store: facts.store,
      artifacts,
      pins: { list: async () => pinned, has: async () => false, pin: async () => undefined, unpin: async () => false },
      nodeId: testIdentity(9).nodeId,
      bundledTasks: new Set(),
      quota: 3500,
      clock: { now: () => NOW },
      log: silentLogger,
      notify: (notice) => void notices.push(notice),
      onRoom: () => rooms++,
    })
    const pinned: CID[] = []
    const loose = [await put(1, 0), await put(2, 0), await put(3, 0)]
    await keeper.measure()
    expect(keeper.bytes()).toBe(3000)
    expect([keeper.hasRoom(false), keeper.hasRoom(true)]).toEqual([true, false])
    // What is in use stays, as if it were pinned.
    const [used = cidOf(RAW, new Uint8Array())] = loose
    await keeper.using(used, async () => {
      await keeper.artifacts.put(cidOf(RAW, new Uint8Array(1000)), new Uint8Array(1000))
      await until(() => rooms === 1)
    })
    expect(await heldOf(artifacts, loose)).toEqual([true, false, false])

    const more = await Promise.all([4, 5, 6, 7].map((fill) => put(fill, 0)))
    pinned.push(...more)
    await keeper.measure()
    await until(() => notices.length === 1)
    expect(notices[0]).toMatchObject({ code: "artifact_quota" })
    expect(keeper.hasRoom(false)).toBe(false)
    expect(await heldOf(artifacts, more)).toEqual([true, true, true, true])
    await keeper.stop()
  })
})

/** Facts of key 1: a candidate and a worse experiment, each with a code of its own. */
async function sample() {
  const store = await createStore({ path: ":memory:", verdicts: createVerdicts() })
  const author = testIdentity(1)
  const file = (text: string): CID => cidOf(RAW, new TextEncoder().encode(text))
  const task = makeTask(author, { name: "sample" })
  const baseline = makeExperiment(author, { task, score: 50, code: file("baseline") })
  const best = makeExperiment(author, { task, parent: baseline, score: 40, code: file("best"), log: file("a log") })
  const worse = makeExperiment(author, { task, parent: baseline, score: 60, code: file("worse") })
  for (const { status, reason } of await store.ingest([task, baseline, best, worse])) {
    if (status !== "stored") throw new TypeError(`${status} ${reason}`)
  }
  return { store, task, best, worse, [Symbol.asyncDispose]: () => store.close() }
}
