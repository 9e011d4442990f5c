import { type AnyRecord, CID, type SporeRecord } from "@spore/records"
import { makeChallenge, makeExperiment, makeVerification, temporaryFolder, TEST_EPOCH, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { SporeNode } from "../../src/index.ts"
import { openStore } from "../../src/open-store.ts"
import { dataPaths } from "../../src/paths.ts"
import { add, addCode, addTask, author, bob, carol, createTestNode, me, printing, TRAINING } from "./support.ts"

const WAIT = { timeoutMs: 60_000 }
const NOWHERE = CID.parse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")

/** What this node's key signed, in the order it was stored. */
async function signedBy(node: SporeNode, key: string = me.nodeId): Promise<AnyRecord[]> {
  const changes = await node.store.changes(0, 500)
  const records = await Promise.all(changes.filter(({ author: by }) => by === key).map(({ id }) => node.store.get(id)))
  return records.flatMap((record) => record ?? [])
}

function about(record: AnyRecord): string | null {
  return "experiment" in record.body ? record.body.experiment.toString() : null
}

describe("a verifying node", () => {
  it("challenges a forged score, answers another's challenge, and records the outcome of its own", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path)
    const task = await addTask(node, folder.path)
    const root = makeExperiment(author, { task, score: 4 })
    // Both print 4, which makes 1.
    const code = [await addCode(node, printing(4)), await addCode(node, `// another\n${printing(4)}`)] as const
    const forged = makeExperiment(author, { task, parent: root, score: 0.01, code: code[0] })
    const challenged = makeExperiment(author, { task, parent: root, score: 0.02, code: code[1] })
    const against = makeVerification(bob, { task, experiment: challenged, score: 1 })
    const challenge = makeChallenge(bob, { task, experiment: challenged, evidence: [against] })
    await add(node, task, root, forged, challenged, against, challenge)
    await node.start()
    await until(async () => (await node.store.experiment(challenged.id))?.verdict === "refuted", WAIT)
    await until(async () => (await node.store.experiment(forged.id))?.verdict === "challenged", WAIT)
    const signed = await signedBy(node)
    const kinds = (of: SporeRecord<"experiment">): string[] =>
      signed.filter((record) => about(record) === of.id).map(({ kind }) => kind)
    expect(kinds(challenged)).toEqual(["challenge_response"])
    expect(kinds(forged)).toEqual(["verification", "challenge"])
    // What is contested is rerun before what leads.
    expect(about(signed[0] ?? root)).toBe(challenged.id)

    await add(node, makeVerification(carol, { task, experiment: forged, score: 1 }))
    await until(async () => (await signedBy(node)).some(({ kind }) => kind === "dispute"), WAIT)
    expect(await node.store.controls(forged.id)).toMatchObject([
      { kind: "challenge", author: me.nodeId },
      { kind: "dispute", author: me.nodeId, outcome: "rejected" },
    ])
    await node.stop()
  })

  it("first runs the baseline where results are compared with it", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path)
    const task = await addTask(node, folder.path, TRAINING)
    const roots = [author, bob].map((key) => makeExperiment(key, { task, score: 4 }))
    const [root] = roots.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const child = makeExperiment(author, {
      task,
      parent: roots[0] ?? null,
      score: 0.25,
      code: await addCode(node, printing(3.5)),
    })
    await add(node, task, ...roots, child)
    await node.start()
    const [first, second] = await until(async () => {
      const signed = await signedBy(node)
      return signed.length >= 2 ? signed : undefined
    }, WAIT)
    expect(first).toMatchObject({ kind: "verification", body: { run: { replicates: [0, 1], scores: [4, 4] } } })
    expect(first === undefined ? null : about(first)).toBe(root?.id)
    expect(second === undefined ? null : about(second)).toBe(child.id)
    await until(async () => (await node.store.experiment(child.id))?.voters === 1, WAIT)
    await node.stop()
  })

  it("is held up by no record whose code cannot be had, or is not what it says", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path)
    const task = await addTask(node, folder.path)
    const root = makeExperiment(bob, { task, score: 4 })
    const hostile = [NOWHERE, await addCode(node, "not a program {"), task.body.bundle].map((code, n) =>
      makeExperiment(author, { task, parent: root, score: 0.01 * (n + 1), code }),
    )
    const fine = makeExperiment(carol, { task, parent: root, score: 0.25, code: await addCode(node, printing(3.5)) })
    await add(node, task, root, ...hostile, fine)
    await node.start()
    await until(async () => (await node.store.experiment(fine.id))?.verdict === "reproduced", WAIT)
    await until(async () => (await node.store.experiment(root.id))?.verdict === "reproduced", WAIT)
    const [gone] = hostile
    expect(await node.store.experiment(gone?.id ?? "")).toMatchObject({ verdict: "unverified" })
    await node.stop()
  })

  it("publishes nothing where the task's baseline does not run here, says so once, and leaves it alone for a while", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path)
    const task = await addTask(node, folder.path, {}, "throw new Error('no such device')")
    const root = makeExperiment(author, { task, score: 4 })
    await add(node, task, root)
    await node.start()
    const notices = await until(async () => {
      const found = (await node.status()).notices
      return found.length > 0 ? found : undefined
    }, WAIT)
    expect(notices.map(({ code }) => code)).toEqual(["host_problem"])
    await until(async () => (await node.status()).verify.due.top === 0)
    expect(await signedBy(node)).toEqual([])
    await node.stop()

    // It is left alone after a restart too.
    const again = await createTestNode(folder.path)
    expect((await again.status()).verifyQueue).toBe(0)
    await again.stop()
  })

  it("goes on after days offline with what came meanwhile", async () => {
    await using folder = await temporaryFolder()
    const clock = { now: () => (TEST_EPOCH + 3_600) * 1000 }
    const node = await createTestNode(folder.path, { clock })
    const task = await addTask(node, folder.path)
    const root = makeExperiment(author, { task, score: 4 })
    const [a, b] = [await addCode(node, printing(3.5)), await addCode(node, printing(3.2))]
    const before = makeExperiment(author, { task, parent: root, score: 0.25, code: a })
    await add(node, task, root, before)
    await node.start()
    await until(async () => (await node.store.experiment(before.id))?.voters === 1, WAIT)
    await node.stop()

    const later = { now: () => clock.now() + 5 * 24 * 60 * 60 * 1000 }
    const created = Math.floor(later.now() / 1000) - 3_600
    const store = await openStore(dataPaths(`${folder.path}/node`).database, { clock: later })
    const meanwhile = makeExperiment(author, { task, parent: before, score: (3.2 - 3) ** 2, code: b, created })
    await add({ store }, meanwhile)
    await store.close()

    const again = await createTestNode(folder.path, { clock: later })
    await again.start()
    await until(async () => (await again.store.experiment(meanwhile.id))?.verdict === "reproduced", WAIT)
    // What it reran before, it does not rerun.
    expect(await again.store.reruns(before.id)).toHaveLength(1)
    await again.stop()
  })
})

describe("a node that researches and verifies", () => {
  it("takes all the time for reruns where its keeper gives them all, and then goes on with research", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path, { mode: "research", verify: { rate: 100 }, task: "parabola" })
    const task = await addTask(node, folder.path, { name: "parabola" })
    const root = makeExperiment(author, { task, score: 4 })
    const child = makeExperiment(author, {
      task,
      parent: root,
      score: 0.25,
      code: await addCode(node, printing(3.5)),
    })
    await add(node, task, root, child)
    await node.start()
    expect((await node.status()).verify).toMatchObject({ enabled: true, rate: 100 })
    const signed = await until(async () => {
      const found = await signedBy(node)
      return found.length >= 3 ? found : undefined
    }, WAIT)
    expect(signed.slice(0, 3).map(({ kind }) => kind)).toEqual(["verification", "verification", "experiment"])
    await node.stop()
  })

  it("shows one notice for one failing baseline", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path, {
      mode: "research",
      verify: { enabled: false },
      task: "parabola",
    })
    const task = await addTask(node, folder.path, { name: "parabola" }, "throw new Error('no such device')")
    await add(node, task)
    await node.start()
    const notices = await until(async () => {
      const found = (await node.status()).notices
      return found.length > 0 ? found : undefined
    }, WAIT)
    expect(notices.map(({ code }) => code)).toEqual(["host_problem"])
    expect(notices[0]?.message).toMatch(/^parabola does not run on this machine: /)
    await node.stop()
  })

  it("refuses a rate that is no percentage", async () => {
    await using folder = await temporaryFolder()
    for (const rate of [0, 101, Number.NaN]) {
      await expect(createTestNode(folder.path, { verify: { rate } })).rejects.toMatchObject({ code: "bad_verify_rate" })
    }
  })
})
