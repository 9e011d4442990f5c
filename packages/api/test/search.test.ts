import { beforeAll, describe, expect, it } from "vitest"
import { type SearchHit, shortId } from "../src/client/index.ts"
import { createTestApi, type TestApi } from "./support/api.ts"
import { addProfile } from "@spore/fixture"

const SCRIPT = "<script>alert(1)</script>"

describe("search", () => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi({ experiments: 40 })
    const { node, task } = api.fixture
    const { created } = task.body
    await addProfile(node, { created, display_name: "Weight Watcher" })
    const words = { display_name: "Weight Lifter", bio: SCRIPT, website: "https://example.org" }
    await addProfile(node, { created: created + 1, ...words })
  })

  it("finds experiments, tasks and profiles by their words, the last one as a beginning", async () => {
    const { client, fixture } = api
    const hits = (await client.search({ q: "weight", limit: 500 })).items
    const [first] = hits
    // Of two profiles of a key only the newer one is shown.
    expect(first).toMatchObject({
      kind: "profile",
      profile: {
        node: fixture.node.nodeId,
        display_name: "Weight Lifter",
        bio: SCRIPT,
        website: "https://example.org",
      },
    })
    const experiments = hits.filter((hit) => hit.kind === "experiment")
    expect(experiments.length).toBeGreaterThan(0)
    for (const { experiment, task_name: name, metric } of experiments) {
      expect(experiment.title).toContain("weight decay")
      expect({ name, metric: metric?.name }).toEqual({ name: "char-lm", metric: "val_bpb" })
    }
    expect((await client.search({ q: "weight deca", limit: 500 })).items).toEqual(experiments)
    const tasks = (await client.search({ q: "character-level" })).items
    expect(tasks).toMatchObject([{ kind: "task", id: fixture.task.id, network: "spore", name: "char-lm" }])
    expect((await client.search({ q: "nothing has this word" })).items).toEqual([])
  })

  it("keeps to one kind where it is told", async () => {
    const { client } = api
    const all = (await client.search({ q: "weight", limit: 500 })).items
    for (const kind of ["experiment", "task", "profile"] as const) {
      const { items } = await client.search({ q: "weight", kind, limit: 500 })
      expect(items).toEqual(all.filter((hit) => hit.kind === kind))
    }
  })

  it("tells what an id stands for: whole, its beginning, or as it is shown", async () => {
    const { client, fixture } = api
    const experiment = fixture.experiments[7]?.id ?? ""
    const { id: task } = fixture.task
    const { nodeId } = fixture.node
    const expected = [
      ["experiment", experiment],
      ["task", task],
      ["node", nodeId],
    ] as const
    for (const [kind, id] of expected) {
      for (const given of [id, id.slice(0, 24), shortId(id)]) {
        expect({ given, ...(await client.lookup(given)) }).toEqual({ given, items: [{ kind, id }] })
      }
    }
    expect(await client.lookup("bafyrei")).toEqual({ items: [{ kind: "task", id: task }] })
    expect(await client.lookup("nothing")).toEqual({ items: [] })
  })

  it("takes whatever is typed as words", async () => {
    for (const q of ['"weight', "weight*", "weight OR", "(weight)", "title:weight", "weight'--", "NEAR(weight"]) {
      await expect(api.client.search({ q })).resolves.toHaveProperty("items")
    }
    await expect(api.client.search({ q: "  " })).rejects.toMatchObject({ code: "bad_query", status: 400 })
  })

  it("pages without gaps, and keeps to a task", async () => {
    const { client, fixture } = api
    const idOf = (hit: SearchHit): string =>
      hit.kind === "experiment" ? hit.experiment.id : hit.kind === "task" ? hit.id : hit.profile.node
    const all = (await client.search({ q: "weight", task: fixture.task.id, limit: 500 })).items
    expect(all.length).toBeGreaterThan(2)
    expect(all.every((hit) => hit.kind === "experiment")).toBe(true)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: SearchHit[]; next_cursor: string | null } = await client.search({
        q: "weight",
        task: fixture.task.id,
        limit: 2,
        cursor,
      })
      seen.push(...page.items.map(idOf))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual(all.map(idOf))
  })

  it("forgets what is withheld", async () => {
    const { client, fixture } = await createTestApi({ experiments: 15 })
    const { title, id } = await client.experiment(fixture.experiments.at(-1)?.id ?? "")
    const isFound = async (): Promise<boolean> =>
      (await client.search({ q: title, limit: 500 })).items.some(
        (hit) => hit.kind === "experiment" && hit.experiment.id === id,
      )
    expect(await isFound()).toBe(true)
    await fixture.node.store.block("id", id, "copied")
    expect(await isFound()).toBe(false)
  })

  it("has the words of a node on its page", async () => {
    const { client, fixture } = api
    const own = await client.node(fixture.node.nodeId)
    expect(own.profile).toMatchObject({ node: fixture.node.nodeId, display_name: "Weight Lifter", bio: SCRIPT })
    const other = (await client.nodes()).items.find((node) => !node.self)
    expect((await client.node(other?.id ?? "")).profile).toBeNull()
  })
})
