import { createStore, deriveBeside, sporeProjection, type Store } from "@spore/dag"
import { type LegacyObject, legacyProjection, pyObject, signLegacy } from "@spore/legacy"
import { createIdentity, seededRandom, toHex } from "@spore/records"
import { createVerdicts } from "@spore/verify"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { experiment, manifest } from "./legacy-made.ts"

const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const [alice = new Uint8Array(), bob = new Uint8Array(), carol = new Uint8Array()] = seeds
const keyOf = (seed: Uint8Array): string => toHex(createIdentity(seed).publicKey)
const clock = { now: () => 4_000_000_000_000 }

function open(): Promise<Store> {
  return createStore({
    path: ":memory:",
    clock,
    verdicts: createVerdicts(),
    projections: [sporeProjection, legacyProjection()],
  })
}

function verification(seed: Uint8Array, of: LegacyObject, bpb: number): LegacyObject {
  const payload = pyObject({
    event_id: `verification:${of.id}:${keyOf(seed)}`,
    experiment_id: of.id,
    task_id: "0".repeat(64),
    verified_node_id: keyOf(alice),
    verifier_id: keyOf(seed),
    verifier_gpu: "RTX_4090",
    verifier_bpb: bpb,
    is_frontier: true,
  })
  return signLegacy(seed, "legacy_verification", { payload, timestamp: 1_760_000_100n })
}

/** A lineage of version 1 in which every step improves, with reruns, below one root. */
function lineage(length: number): LegacyObject[] {
  const objects: LegacyObject[] = [experiment({ code_cid: hex(1) })]
  for (let n = 1; n < length; n++) {
    const parent = objects[Math.floor(n / 2)] ?? objects[0]
    objects.push(
      experiment(
        {
          parent: parent?.id ?? null,
          val_bpb: 1.25 - n / 100,
          status: n % 4 === 3 ? "discard" : "keep",
          code_cid: hex(n + 1),
          timestamp: BigInt(1_760_000_000 + n),
        },
        n % 2 === 0 ? alice : bob,
      ),
    )
  }
  return [...objects, ...objects.slice(0, 3).map((of, n) => verification(carol, of, 1.25 - n / 100))]
}

function hex(n: number): string {
  return n.toString(16).padStart(64, "0")
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  const rest = [...items]
  return items
    .map(() => rest.splice(Math.floor(random.next() * rest.length), 1)[0])
    .filter((item) => item !== undefined)
}

describe("objects of the 0.6 network in the store", () => {
  it("give the same graph in any order and batching, orphans before their parents included", async () => {
    const objects = lineage(12)
    const reference = await open()
    await reference.ingest(objects)
    const expected = await reference.digest()
    expect((await reference.tasks()).map(({ id }) => id)).toEqual([objects[0]?.id])
    await reference.close()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 20 }), async (order, size) => {
        const store = await open()
        const mixed = shuffled(objects, order)
        for (let at = 0; at < mixed.length; at += size) await store.ingest(mixed.slice(at, at + size))
        expect(await store.digest()).toBe(expected)
        expect(await store.check()).toEqual({ facts: objects.length, differences: [], damaged: [], database: [] })
        await store.rebuild()
        expect(await store.digest()).toBe(expected)
        await store.close()
      }),
      { numRuns: 25 },
    )
  })

  it("shows orphans at once, and moves them to their root's task when the parent comes", async () => {
    const root = experiment({ code_cid: hex(1) })
    const middle = experiment({ parent: root.id, val_bpb: 1.2, code_cid: hex(2) })
    const leaf = experiment({ parent: middle.id, val_bpb: 1.1, code_cid: hex(3) }, bob)
    const store = await open()
    await store.ingest([leaf, verification(carol, leaf, 1.1)])
    expect(await store.experiment(leaf.id)).toMatchObject({
      task: middle.id,
      parent: middle.id,
      depth: 0,
      candidate: true,
    })
    expect(await store.task(middle.id)).toMatchObject({
      name: `legacy-${middle.id.slice(0, 8)}`,
      experiments: 1,
      body: null,
    })
    await store.ingest([middle])
    expect(await store.experiment(leaf.id)).toMatchObject({ task: root.id, depth: 1 })
    await store.ingest([root])
    expect((await store.lineage(leaf.id)).map(({ id }) => id)).toEqual([leaf.id, middle.id, root.id])
    expect(await store.experiment(leaf.id)).toMatchObject({ task: root.id, depth: 2, keepAncestor: middle.id })
    expect((await store.reruns(leaf.id)).map(({ task, author }) => [task, author])).toEqual([
      [root.id, createIdentity(carol).nodeId],
    ])
    expect((await store.tasks()).map(({ id, experiments }) => [id, experiments])).toEqual([[root.id, 3]])
    expect((await store.search("change")).items).toHaveLength(3)
    await store.close()
  })

  it("keeps 0.6's own frontier: a keep without a better direct keep child, whatever its parent reached", async () => {
    const root = experiment({ code_cid: hex(1), val_bpb: 1 })
    const worse = experiment({ code_cid: hex(2), parent: root.id, val_bpb: 1.5 })
    const below = experiment({ code_cid: hex(3), parent: worse.id, val_bpb: 0.9, status: "discard" })
    const store = await open()
    await store.ingest([root, worse, below])
    const candidates = await store.experiments({ task: root.id, candidate: true, sort: "best" })
    expect(candidates.items.map(({ id, value }) => [id, value])).toEqual([
      [root.id, 1],
      [worse.id, 1.5],
    ])
    await store.close()
  })

  it("are derived beside under another policy, with a manifest, without one and as orphans", async () => {
    const objects = lineage(12)
    const [root] = objects
    const orphan = experiment({ parent: hex(77), val_bpb: 1.2, code_cid: hex(78) }, bob)
    const named = manifest()
    const member = experiment({ task_id: named.id, code_cid: hex(79), val_bpb: 1.1 })
    const store = await open()
    await store.ingest([...objects, orphan, verification(carol, orphan, 1.2), named, member])
    const projections = [sporeProjection, legacyProjection()]
    for (const [task = "", size] of [
      [root?.id, 12],
      [hex(77), 1],
      [named.id, 1],
    ] as const) {
      const view = await deriveBeside(store, task, { verdicts: createVerdicts(), projections })
      const rows = (await view.experiments({ sort: "oldest" })).items
      expect(rows).toHaveLength(size)
      for (const row of rows) expect(row).toEqual({ ...(await store.experiment(row.id)), changed: row.changed })
      expect((await view.tasks()).map(({ id, name, terms }) => [id, name, terms])).toEqual(
        [await store.task(task)].map((known) => [known?.id, known?.name, known?.terms]),
      )
      expect((await view.check()).differences).toEqual([])
      await view.close()
    }
    await store.close()
  })

  it("weakness 7: an unsigned task on a relayed copy moves nothing", async () => {
    const root = experiment({ code_cid: hex(1) })
    const child = experiment({ code_cid: hex(2), parent: root.id, val_bpb: 1.2 })
    const store = await open()
    await store.ingest([root, child])
    expect((await store.experiment(child.id))?.task).toBe(root.id)
    await store.close()
  })

  it("waits with a control event for its experiment, and counts it by its signer", async () => {
    const root = experiment({ code_cid: hex(1) })
    const rerun = verification(bob, root, 1.25)
    const own = verification(alice, root, 1.25)
    const store = await open()
    expect((await store.ingest([rerun, own])).map(({ status }) => status)).toEqual(["pending", "pending"])
    await store.ingest([root])
    expect((await store.reruns(root.id)).filter(({ eligible }) => eligible).map(({ id }) => id)).toEqual([rerun.id])
    expect(await store.experiment(root.id)).toMatchObject({ voters: 1, value: 1.25, status: "keep" })
    await store.close()
  })
})
