import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type AnyRecord, CID, messageOf, type SporeRecord } from "@spore/records"
import { makeExperiment, makeVerification, temporaryFolder, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { SporeNode, SporeNodeInit } from "../../src/index.ts"
import { add, addCode, addTask, author, createTestNode, me, printing } from "./support.ts"

/** Does nothing of its own accord. */
const ASKED_ONLY: Partial<SporeNodeInit> = { verify: { enabled: false } }

interface Scene {
  readonly folder: string
  readonly node: SporeNode
  readonly task: SporeRecord<"task">
  readonly root: SporeRecord<"experiment">
}

/** A node with a task and its root, which another key ran. */
async function scene(folder: string, init: Partial<SporeNodeInit> = ASKED_ONLY): Promise<Scene> {
  const node = await createTestNode(folder, init)
  const task = await addTask(node, folder)
  const root = makeExperiment(author, { task, score: 4 })
  await add(node, task, root)
  return { folder, node, task, root }
}

function child(
  { task, root }: Scene,
  code: CID,
  overrides: Partial<Parameters<typeof makeExperiment>[1]> = {},
): SporeRecord<"experiment"> {
  return makeExperiment(author, { task, parent: root, score: 0.25, code, ...overrides })
}

async function published(node: SporeNode, id: string): Promise<AnyRecord> {
  const record = await node.store.get(id)
  if (record === undefined) throw new Error(`${id} is not stored`)
  return record
}

describe("a rerun that was asked for", () => {
  it("is made, published, and named by its record", async () => {
    await using folder = await temporaryFolder()
    const made = await scene(folder.path)
    const { node } = made
    const experiment = child(made, await addCode(node, printing(3.5)))
    await add(node, experiment)
    await node.start()
    expect((await node.status()).verify).toMatchObject({ enabled: false, rate: 50 })
    const record = await published(node, await node.verify(experiment.id))
    expect(record).toMatchObject({ kind: "verification", body: { run: { outcome: "ok", scores: [0.25] } } })
    expect(await node.store.experiment(experiment.id)).toMatchObject({ verdict: "reproduced", voters: 1 })
    // Nothing else was due: what nobody asked for stays.
    expect(await node.store.experiment(made.root.id)).toMatchObject({ voters: 0 })
    await node.stop()
  })

  it("of one's own experiment tells how far runs differ, and is no vote", async () => {
    await using folder = await temporaryFolder()
    const made = await scene(folder.path)
    const { node, task, root } = made
    const own = makeExperiment(me, { task, parent: root, score: 0.25, code: await addCode(node, printing(3.5)) })
    await add(node, own)
    await node.start()
    expect(await published(node, await node.verify(own.id))).toMatchObject({ kind: "verification" })
    expect(await node.store.experiment(own.id)).toMatchObject({ verdict: "unverified", voters: 0 })
    expect(await node.store.reruns(own.id)).toMatchObject([{ author: me.nodeId, eligible: false }])
    await node.stop()
  })

  it("goes on with further replicates where this key ran the state before", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path, ASKED_ONLY)
    const task = await addTask(node, folder.path, { replay: { mode: "noisy", replicates: 2, maxNoise: 1, seeds: [] } })
    const root = makeExperiment(author, { task, score: 4 })
    const own = makeExperiment(me, { task, score: 4 })
    await add(node, task, root, own)
    await node.start()
    const numbers: number[] = []
    for (const id of [own.id, root.id]) {
      const record = await published(node, await node.verify(id))
      if (record.kind === "verification") numbers.push(...record.body.run.replicates)
    }
    expect(numbers).toEqual([2, 3, 4, 5])
    await node.stop()
  })

  it("is refused with the reason where it cannot be made here", async () => {
    await using folder = await temporaryFolder()
    const made = await scene(folder.path)
    const { node, task, root } = made
    const elsewhere = await addTask(node, folder.path, { classKeys: ["arch"], name: "by-arch" })
    const crashed = makeExperiment(author, { task, parent: root, code: "crashed" })
    const foreign = makeExperiment(author, { task: elsewhere, score: 4, env: { arch: "riscv" } })
    const missing = child(made, CID.parse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"))
    const rerun = makeVerification(author, { task, experiment: root, score: 4 })
    await add(node, crashed, elsewhere, foreign, missing, rerun)
    await node.start()
    const refusals: [string, string, RegExp][] = [
      [missing.body.code.toString(), "not_found", /nothing here has the id/],
      [rerun.id, "not_an_experiment", /is a verification/],
      [task.id, "not_an_experiment", /is a task/],
      [crashed.id, "no_claim", /was not ok \(crash\)/],
      [foreign.id, "other_class", /measured on riscv, and this machine is/],
      [missing.id, "artifact_unavailable", /./],
    ]
    for (const [id, code, message] of refusals) {
      const refusal = await node.verify(id).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code })
      expect(messageOf(refusal)).toMatch(message)
    }
    expect((await node.status()).verify.due.asked).toBe(0)
    await node.stop()
  })

  it("is refused by a node that runs no code, or not a stranger's", async () => {
    await using folder = await temporaryFolder()
    const carrier = await createTestNode(join(folder.path, "carrier"), { mode: "sync" })
    await expect(carrier.verify("any")).rejects.toMatchObject({ code: "runs_no_code", next: "spore run --verify-only" })
    await carrier.stop()

    const nothing = async (): Promise<{ sandbox: null; findings: [] }> => ({ sandbox: null, findings: [] })
    const bare = await createTestNode(join(folder.path, "bare"), { probe: nothing })
    await expect(bare.verify("any")).rejects.toMatchObject({ code: "runs_no_code", next: "spore doctor" })
    await bare.stop()

    const { node, root } = await scene(join(folder.path, "own"), { probe: nothing, unsandboxed: "own" })
    await expect(node.verify(root.id)).rejects.toMatchObject({ code: "not_allowed" })
    await node.stop()
  })

  it("survives a stop in the middle, and is made after the start", async () => {
    await using folder = await temporaryFolder()
    const made = await scene(folder.path)
    const [begun, gate] = [join(folder.path, "begun"), join(folder.path, "gate")]
    const code = `
import { existsSync, writeFileSync } from "node:fs"
writeFileSync(${JSON.stringify(begun)}, "")
while (!existsSync(${JSON.stringify(gate)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
console.log(3.5)
`
    const experiment = child(made, await addCode(made.node, code))
    await add(made.node, experiment)
    await made.node.start()
    const asked = made.node.verify(experiment.id).catch((error: unknown) => error)
    await until(() => existsSync(begun), { timeoutMs: 60_000, what: "the rerun to begin" })
    await made.node.stop()
    expect(await asked).toMatchObject({ code: "node_stopped" })

    await writeFile(gate, "")
    const again = await createTestNode(folder.path, ASKED_ONLY)
    expect((await again.status()).verify.due.asked).toBe(1)
    await again.start()
    const voters = async (): Promise<boolean> => (await again.store.experiment(experiment.id))?.voters === 1
    await until(voters, { timeoutMs: 60_000, what: "the rerun" })
    await until(async () => (await again.status()).verify.due.asked === 0)
    await again.stop()
  })

  it("is not made once nobody waits for it any longer", async () => {
    await using folder = await temporaryFolder()
    const made = await scene(folder.path)
    const begun = join(folder.path, "begun")
    const endless = `
import { writeFileSync } from "node:fs"
writeFileSync(${JSON.stringify(begun)}, "")
setInterval(() => undefined, 1000)
`
    const running = child(made, await addCode(made.node, endless))
    await add(made.node, running)
    await made.node.start()
    const enough = new AbortController()
    const first = made.node.verify(running.id, enough.signal)
    await until(() => existsSync(begun), { timeoutMs: 60_000, what: "the rerun to begin" })
    const second = made.node.verify(made.root.id, enough.signal)
    enough.abort(new TypeError("enough"))
    await expect(first).rejects.toThrow("enough")
    await expect(second).rejects.toThrow("enough")
    await until(async () => (await made.node.status()).activities.length === 0)
    expect((await made.node.status()).verify.due.asked).toBe(0)
    expect(await made.node.store.reruns(running.id)).toEqual([])
    await made.node.stop()
  })

  it("that fails because the task's baseline does not run here says so, and publishes nothing", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path, ASKED_ONLY)
    const task = await addTask(node, folder.path, {}, "throw new Error('no such device')")
    const root = makeExperiment(author, { task, score: 4 })
    const experiment = makeExperiment(author, { task, parent: root, score: 1, code: await addCode(node, "throw 1") })
    await add(node, task, root, experiment)
    await node.start()
    await expect(node.verify(experiment.id)).rejects.toMatchObject({ code: "host_problem" })
    await expect(node.verify(root.id)).rejects.toMatchObject({ code: "host_problem" })
    expect((await node.store.verifications({ task: task.id })).items).toEqual([])
    await node.stop()
  })
})
