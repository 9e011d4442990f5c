import { createIdentity, nodeIdOf, type SignedObject } from "@spore/records"
import { beforeAll, describe, expect, it } from "vitest"
import { createTestApi, type TestApi } from "./support/api.ts"
import { legacyObject } from "@spore/fixture"

const TASK = "ab12".repeat(16)
const MISSING = "cd34".repeat(16)
const author = nodeIdOf(createIdentity(new Uint8Array(32).fill(50)).publicKey)
const verifier = nodeIdOf(createIdentity(new Uint8Array(32).fill(51)).publicKey)
const created = 1_750_000_000

describe("objects of the 0.6 network", () => {
  let api: TestApi
  let root: SignedObject
  let child: SignedObject
  let orphan: SignedObject
  let crash: SignedObject
  let rerun: SignedObject

  beforeAll(async () => {
    api = await createTestApi({ experiments: 3 })
    const fields = { author, created, task: TASK }
    root = legacyObject("legacy_experiment", { ...fields, score: 1.5, title: "the beginning" })
    child = legacyObject("legacy_experiment", {
      ...fields,
      created: created + 60,
      parent: root.id,
      score: 1.25,
      title: "wider",
      hypothesis: "Wider is better.",
    })
    orphan = legacyObject("legacy_experiment", { ...fields, parent: MISSING, score: 1.4, title: "an orphan" })
    crash = legacyObject("legacy_experiment", { ...fields, parent: root.id, title: "too wide" })
    rerun = legacyObject("legacy_verification", {
      ...fields,
      author: verifier,
      created: created + 90,
      score: 1.26,
      payload: { experiment_id: child.id },
    })
    await api.fixture.node.add(root, child, orphan, crash, rerun)
  })

  it("have tasks without author, date and manifest", async () => {
    const { client } = api
    const { items } = await client.tasks()
    expect(items.map(({ network }) => network).toSorted()).toEqual(["spore", "sporemesh-0.6"])
    const task = await client.task(TASK.slice(0, 6))
    expect(task).toMatchObject({
      id: TASK,
      network: "sporemesh-0.6",
      name: "legacy-ab12ab12",
      node: null,
      created: null,
      bundle: null,
      baseline_code: null,
      supersedes: null,
      requires: {},
      datasets: [],
      class_keys: ["accelerator"],
      experiments: 4,
    })
    expect((await client.frontier(TASK)).class).toBe("rtx4090")
    expect((await client.progress(TASK)).experiments).toBe(4)
    expect((await client.graph(TASK)).columns.seq).toHaveLength(4)
    expect((await client.experiments({ task: TASK, sort: "best" })).items[0]?.id).toBe(child.id)
    expect((await client.nodes({ task: TASK })).items.map(({ id }) => id).toSorted()).toEqual(
      [author, verifier].toSorted(),
    )
  })

  it("have experiments by row, with their signed fields as they are", async () => {
    const { client } = api
    const detail = await client.experiment(child.id.slice(0, 12))
    expect(detail).toMatchObject({
      id: child.id,
      network: "sporemesh-0.6",
      task: TASK,
      task_name: "legacy-ab12ab12",
      node: author,
      title: "wider",
      hypothesis: "Wider is better.",
      claim: 1.25,
      run: null,
      env: null,
      log: null,
      code_held: false,
      signed_fields: { title: "wider", score: 1.25, parent: root.id },
      parent_experiment: { id: root.id },
    })
    expect((await client.lineage(child.id)).items.map(({ id }) => id)).toEqual([child.id, root.id])
    expect((await client.children(root.id)).items.map(({ id }) => id)).toEqual([child.id])
    expect((await client.verifications(child.id)).items).toMatchObject([{ id: rerun.id, node: verifier, value: 1.26 }])
    expect((await client.disputes(child.id)).items).toEqual([])
    expect(await client.experiment(crash.id)).toMatchObject({ outcome: "crash", value: null })
  })

  it("may have parents that are not here, and code that is no artifact", async () => {
    const { client } = api
    expect(await client.experiment(orphan.id)).toMatchObject({ parent: MISSING, parent_experiment: null })
    expect((await client.lineage(orphan.id)).items).toMatchObject([{ id: orphan.id, parent: MISSING }])
    expect(await client.diff(orphan.id)).toMatchObject({ against: MISSING, held: false, missing: [], files: [] })
    expect(await client.diff(child.id)).toMatchObject({ held: false, files: [] })
    expect(await client.code(child.id)).toMatchObject({ held: false, files: [] })
  })

  it("give their bytes as they were signed", async () => {
    const proof = await api.client.proof(child.id)
    expect(proof).toMatchObject({ id: child.id, kind: "legacy_experiment", node: author, signing_prefix: "" })
    expect(Buffer.from(proof.payload, "base64")).toEqual(Buffer.from(child.payload))
  })

  it("are among the facts of their task, and found by their words", async () => {
    const facts = (await api.client.taskFacts(TASK)).items
    expect(facts.map(({ id }) => id)).toEqual([rerun.id, crash.id, orphan.id, child.id, root.id])
    expect(facts[0]).toMatchObject({
      kind: "legacy_verification",
      node: verifier,
      experiment: child.id,
      title: "wider",
      outcome: "ok",
      value: 1.26,
    })
    expect(facts[1]).toMatchObject({ experiment: crash.id, outcome: "crash", value: null })
    const found = (await api.client.search({ q: "orphan" })).items
    expect(found).toMatchObject([{ kind: "experiment", experiment: { id: orphan.id, network: "sporemesh-0.6" } }])
  })
})

describe("what an operator withholds", () => {
  it("keeps its place and says nothing", async () => {
    const { client, fixture } = await createTestApi({ experiments: 30 })
    const { store } = fixture.node
    const rows = (await client.experiments({ sort: "oldest", limit: 500 })).items
    const target = rows.find(({ id }) => rows.some(({ parent }) => parent === id) && id !== rows[0]?.id)
    if (target === undefined) throw new Error("the fixture has no experiment with child and parent")
    const reruns = await store.reruns(target.id)
    await store.block("id", target.id, "copied")
    for (const { id } of reruns) await store.block("id", id, "copied")

    const detail = await client.experiment(target.id)
    expect(detail).toMatchObject({
      id: target.id,
      status: "withheld",
      title: "",
      value: null,
      claim: null,
      hypothesis: "",
      run: null,
      env: null,
      signed_fields: null,
      log: null,
      parent: target.parent,
      parent_experiment: { id: target.parent },
    })
    expect((await client.experiments({ status: "withheld" })).items.map(({ id }) => id)).toEqual([target.id])
    expect((await client.lineage(target.id)).items[1]?.id).toBe(target.parent)
    await expect(client.proof(target.id)).rejects.toMatchObject({ code: "not_found", status: 404 })
    const facts = (await client.taskFacts(fixture.task.id, { limit: 500 })).items
    const quiet = { title: "", outcome: null, value: null }
    expect(facts.find(({ id }) => id === target.id)).toMatchObject({ experiment: target.id, ...quiet })
    for (const { id } of reruns) {
      expect(facts.find((fact) => fact.id === id)).toMatchObject({ experiment: null, outcome: null, value: null })
    }
    expect(JSON.stringify([detail, facts])).not.toContain(target.title)
  })

  it("may be a task's manifest: then the task is not here", async () => {
    const { client, fixture } = await createTestApi({ experiments: 3 })
    await fixture.node.store.block("id", fixture.task.id, "unwanted")
    await expect(client.task(fixture.task.id)).rejects.toMatchObject({ status: 404 })
    await expect(client.experiment(fixture.experiments[0]?.id ?? "")).rejects.toMatchObject({ status: 404 })
    expect((await client.tasks()).items).toEqual([])
    expect((await client.search({ q: "baseline" })).items).toEqual([])
  })
})
