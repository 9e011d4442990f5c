import { type CID, isKind, type SporeRecord } from "@spore/records"
import { makeExperiment, temporaryFolder, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { openLocalStore, readTrials } from "../src/local.ts"
import type { SporeNode, SporeNodeInit, TrialRequest } from "../src/index.ts"
import { add, addCode, addTask, author, createTestNode, printing } from "./verification/support.ts"

/** Does nothing of its own accord. */
const ASKED_ONLY: Partial<SporeNodeInit> = { verify: { enabled: false } }

interface Scene {
  readonly node: SporeNode
  readonly root: SporeRecord<"experiment">
  request(code: CID, changes?: Partial<TrialRequest>): TrialRequest
}

/** A node with a task and its root, which another key ran. */
async function scene(folder: string, init: Partial<SporeNodeInit> = ASKED_ONLY): Promise<Scene> {
  const node = await createTestNode(folder, init)
  const task = await addTask(node, folder)
  const root = makeExperiment(author, { task, score: 4 })
  await add(node, task, root)
  return {
    node,
    root,
    request: (code, changes = {}) => ({
      parent: root.id,
      code,
      title: "closer to 3",
      hypothesis: "The least value is at 3.",
      agent: "hand",
      publish: false,
      ...changes,
    }),
  }
}

describe("a candidate tried by hand", () => {
  it("is run, compared with its parent, kept over a restart, and published once", async () => {
    await using folder = await temporaryFolder()
    const { node, root, request } = await scene(folder.path)
    await node.start()
    const trial = await node.tryCandidate(request(await addCode(node, printing(3.5))))
    expect(trial).toMatchObject({
      parent: root.id,
      outcome: "ok",
      scores: [0.25],
      value: 0.25,
      parentValue: 4,
      experiment: null,
    })
    expect(trial.id).toMatch(/^[a-z2-7]{26}$/)
    expect((await node.store.experiments({ parent: root.id })).items).toEqual([])
    await node.stop()

    const again = await createTestNode(folder.path, ASKED_ONLY)
    await again.start()
    expect(await again.trials()).toEqual([trial])
    const [first, second] = await Promise.all([again.publishTrial(trial.id), again.publishTrial(trial.id)])
    expect(second).toBe(first)
    await expect(again.publishTrial(trial.id)).rejects.toMatchObject({ code: "trial_published" })
    await expect(again.publishTrial("unknown")).rejects.toMatchObject({ code: "no_trial" })
    const [row, ...others] = (await again.store.experiments({ parent: root.id })).items
    expect(others).toEqual([])
    expect(row).toMatchObject({ id: first, author: again.nodeId, value: 0.25, title: "closer to 3", agent: "hand" })
    expect((await again.trials())[0]).toMatchObject({ experiment: first })
    await again.stop()
  })

  it("is published at once where that is asked for, a failure too", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const fine = await node.tryCandidate(request(await addCode(node, printing(2.5)), { publish: true }))
    expect(await node.store.experiment(fine.experiment ?? "")).toMatchObject({ value: 0.25 })
    const broken = await node.tryCandidate(request(await addCode(node, "throw new Error('no')"), { publish: true }))
    expect(broken).toMatchObject({ value: null, scores: [] })
    expect(broken.outcome).not.toBe("ok")
    expect(broken.log + broken.detail).not.toBe("")
    const record = await node.store.get(broken.experiment ?? "")
    expect(record !== undefined && isKind(record, "experiment") && record.body.run.outcome).toBe(broken.outcome)
    await node.stop()
  })

  it("is published once a code: of two trials of one code the other is refused, and stays", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const code = await addCode(node, printing(3.5))
    const [one, two] = [await node.tryCandidate(request(code)), await node.tryCandidate(request(code, { title: "b" }))]
    const [first, second] = await Promise.allSettled([node.publishTrial(one.id), node.publishTrial(two.id)])
    expect(first.status).toBe("fulfilled")
    expect(second).toMatchObject({ status: "rejected", reason: { code: "known_code" } })
    await expect(node.publishTrial(two.id)).rejects.toMatchObject({ code: "known_code" })
    expect((await node.store.experiments({ author: node.nodeId })).items).toHaveLength(1)
    expect((await node.trials()).map(({ id, experiment }) => [id, experiment])).toEqual([
      [two.id, null],
      [one.id, first.status === "fulfilled" ? first.value : ""],
    ])
    await node.stop()
  })

  it("is found among one's own facts where a crash kept its publication from being noted", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const { id } = await node.tryCandidate(request(await addCode(node, printing(3.5))))
    const slot = await node.store.getLocal("trial/0")
    const published = await node.publishTrial(id)
    await node.stop()

    const store = await openLocalStore(`${folder.path}/node`)
    await store.setLocal("trial/0", slot ?? null)
    await store.close()
    const again = await createTestNode(folder.path, ASKED_ONLY)
    expect((await again.trials())[0]).toMatchObject({ id, experiment: null })
    expect(await again.publishTrial(id)).toBe(published)
    expect((await again.store.experiments({ author: again.nodeId })).items).toHaveLength(1)
    await again.stop()
  })

  it("is refused where its code is known, its files or words are wrong, or its parent is none", async () => {
    await using folder = await temporaryFolder()
    const { node, root, request } = await scene(folder.path)
    const known = await addCode(node, printing(3.5))
    const task = await node.store.get(root.body.task.toString())
    if (task === undefined || !isKind(task, "task")) throw new Error("no task")
    const other = makeExperiment(author, { task, parent: root, score: 0.25, code: known })
    await add(node, other)
    await node.start()
    const fresh = await addCode(node, printing(1))
    const refusals: [TrialRequest, string][] = [
      [request(known), "known_code"],
      [request(task.body.bundle), "bad_candidate"],
      [request(fresh, { title: "" }), "bad_candidate"],
      [request(fresh, { hypothesis: "é".repeat(5000) }), "bad_candidate"],
      [request(fresh, { parent: task.id }), "not_an_experiment"],
      [request(fresh, { parent: fresh.toString() }), "not_found"],
    ]
    for (const [asked, code] of refusals) await expect(node.tryCandidate(asked)).rejects.toMatchObject({ code })
    await expect(node.tryCandidate(request(known))).rejects.toMatchObject({
      next: `rerun that one: spore verify ${other.id}`,
    })
    expect(await node.trials()).toEqual([])
    await node.stop()
  })

  it("is given up by its asker, and told of a node that stops", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const endless = (n: number): Promise<CID> => addCode(node, `console.error(${n}); setInterval(() => {}, 1000)`)
    const leaving = new AbortController()
    const left = node.tryCandidate(request(await endless(1)), leaving.signal)
    // Of two that are asked for at once, the one whose checks are made first has the first place.
    await until(async () => (await node.status()).activities[0]?.title === "closer to 3")
    const queued = node.tryCandidate(request(await endless(2), { title: "second" }))
    const ended = Promise.allSettled([left, queued])
    leaving.abort(new Error("gone"))
    await until(async () => (await node.status()).activities[0]?.title === "second")
    await node.stop()
    expect(await ended).toMatchObject([
      { reason: { message: "gone" } },
      { status: "rejected", reason: { code: "node_stopped" } },
    ])
  })

  it("is told of a node that stopped while it was being looked at", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const code = await addCode(node, printing(3.5))
    const asked = Promise.allSettled([node.tryCandidate(request(code))])
    await node.stop()
    const [{ status }] = await asked
    expect(status).toBe("rejected")
  })

  it("runs on no node that runs nothing; what was tried can be published there", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const code = await addCode(node, printing(3.5))
    const { id } = await node.tryCandidate(request(code))
    await node.stop()
    const carrier = await createTestNode(folder.path, { mode: "sync" })
    await carrier.start()
    await expect(carrier.tryCandidate(request(code))).rejects.toMatchObject({ code: "runs_no_code" })
    expect(await carrier.store.experiment(await carrier.publishTrial(id))).toMatchObject({ value: 0.25 })
    await carrier.stop()
  })

  it("is one of the last hundred, each of which a reader of the folder sees", async () => {
    await using folder = await temporaryFolder()
    const { node, request } = await scene(folder.path)
    await node.start()
    const { id } = await node.tryCandidate(request(await addCode(node, printing(3.5))))
    const text = (await node.store.getLocal("trial/0")) ?? ""
    const kept = z.looseObject({ at: z.number() }).parse(JSON.parse(text))
    await node.stop()
    const store = await openLocalStore(`${folder.path}/node`)
    for (let i = 1; i < 100; i++) {
      await store.setLocal(`trial/${i}`, JSON.stringify({ ...kept, id: `filler${i}`, at: kept.at + i }))
    }
    await store.close()
    const again = await createTestNode(folder.path, ASKED_ONLY)
    await again.start()
    expect((await again.trials()).at(-1)?.id).toBe(id)
    const newest = await again.tryCandidate(request(await addCode(again, printing(2.75))))
    const ids = (await again.trials()).map((trial) => trial.id)
    expect(ids).toHaveLength(100)
    expect(ids).not.toContain(id)
    expect((await readTrials(again.store)).map((trial) => trial.id)).toContain(newest.id)
    await again.stop()
  })
})
