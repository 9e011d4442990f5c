import { gunzipSync } from "node:zlib"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { signRecord, createIdentity } from "@spore/records"
import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  FLAG_PROMOTED,
  type Graph,
  receivedGraphSchema,
  type Status,
  type Verdict,
} from "../src/dto/index.ts"
import { createGraphCache } from "../src/graph.ts"
import { type BestPoint, runningBest } from "../src/running-best.ts"
import { createTestApi } from "./support/api.ts"
import { buildFixture, createFakeNode } from "@spore/fixture"

/** The columns of a graph as objects by seq. */
function points(graph: Graph): Map<number, object> {
  const { columns } = graph
  return new Map(
    columns.seq.map((seq, i) => [
      seq,
      {
        value: columns.value[i],
        parent: columns.parent[i],
        flags: columns.flags[i],
        status: graph.statuses[columns.status[i] ?? -1],
        verdict: graph.verdicts[columns.verdict[i] ?? -1],
        node: graph.nodes[columns.node[i] ?? -1],
      },
    ]),
  )
}

function point(value: number | null, status: Status = "keep", verdict: Verdict = "unverified"): BestPoint {
  return { value, status, verdict }
}

describe("graph", () => {
  it("holds every experiment of a class, as the experiments themselves say", async () => {
    const { client, fixture } = await createTestApi({ experiments: 90, twoClasses: true })
    const task = await client.task(fixture.task.id)
    expect(task.standings).toHaveLength(2)
    let total = 0
    for (const standing of task.standings) {
      const graph = await client.graph(task.id, { class: standing.class })
      const all = points(graph)
      expect(all.size).toBe(standing.experiments)
      total += all.size
      for (const seq of all.keys()) {
        const row = await client.graphPoint(task.id, seq)
        const flags =
          (row.candidate ? FLAG_CANDIDATE : 0) | (row.frontier ? FLAG_FRONTIER : 0) | (row.promoted ? FLAG_PROMOTED : 0)
        expect(all.get(seq)).toMatchObject({
          value: row.value,
          status: row.status,
          verdict: row.verdict,
          flags,
          node: row.node,
        })
      }
    }
    expect(total).toBe(90)
    expect((await client.graph(task.id)).class).toBe(task.standings[0]?.class)
  })

  it("sends only what came or changed since, and deltas add up to the whole", async () => {
    const { client, fixture } = await createTestApi({ experiments: 40 })
    const { id } = fixture.task
    const before = await client.graph(id)
    expect((await client.graph(id, { since: before.seq })).columns.seq).toEqual([])
    const merged = points(before)
    for (let i = 0; i < 30; i++) await fixture.next()
    const delta = await client.graph(id, { since: before.seq })
    expect(delta.since).toBe(before.seq)
    expect(delta.columns.seq.length).toBeGreaterThanOrEqual(30)
    expect(delta.columns.seq.length).toBeLessThan(70)
    for (const [seq, changed] of points(delta)) merged.set(seq, changed)
    expect(merged).toEqual(points(await client.graph(id)))
  })

  it("sends an old experiment again when a rerun changes its verdict", async () => {
    const { client, fixture } = await createTestApi({ experiments: 30 })
    const { id, cid } = fixture.task
    const before = await client.graph(id)
    const [open] = (await client.experiments({ status: "keep", verdict: "unverified", sort: "oldest" })).items
    const target = fixture.experiments.find((record) => record.id === open?.id)
    if (open === undefined || target === undefined) throw new Error("the fixture has no unverified keep")
    const rerun = signRecord(createIdentity(new Uint8Array(32).fill(99)), "verification", {
      created: target.body.created + 1,
      task: cid,
      experiment: target.cid,
      run: { ...target.body.run, replicates: [0] },
      env: target.body.env,
      log: null,
    })
    await fixture.node.add(rerun)
    const delta = await client.graph(id, { since: before.seq })
    expect(delta.columns.seq).toEqual([open.seq])
    expect(points(delta).get(open.seq)).toMatchObject({ verdict: "reproduced" })
  })

  it("starts over where `since` is of another database", async () => {
    const { client, fixture } = await createTestApi({ experiments: 5 })
    const graph = await client.graph(fixture.task.id, { since: 1_000_000 })
    expect(graph.since).toBe(0)
    expect(graph.columns.seq).toHaveLength(5)
  })

  it("reads a class once, then what changed in it", async () => {
    const node = await createFakeNode()
    const mine = await buildFixture({ experiments: 5, node })
    let rows = 0
    const store = {
      ...node.store,
      graphPoints: async function* (...args: Parameters<typeof node.store.graphPoints>) {
        for await (const chunk of node.store.graphPoints(...args)) {
          rows += chunk.length
          yield chunk
        }
      },
    }
    const cache = createGraphCache(store)
    const graph = async (): Promise<Graph> => {
      const task = await node.store.task(mine.task.id)
      if (task === undefined) throw new Error("the task is not here")
      return (await cache.graph(task, "x64/26.10.0", 0)).read()
    }
    await Promise.all([graph(), graph(), graph()])
    expect(rows).toBe(5)
    await buildFixture({ experiments: 3, node, name: "other", seed: 3 })
    // Looks once more at what changed last.
    expect((await graph()).seq).toBe(await node.store.lastSeq())
    rows = 0
    await graph()
    expect(rows).toBe(0)
    await mine.next()
    expect((await graph()).columns.seq).toHaveLength(6)
    expect(rows).toBeLessThan(6)
  })

  it("holds a class for as long as somebody asks for it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    onTestFinished(() => void vi.useRealTimers())
    const node = await createFakeNode()
    const { task, next } = await buildFixture({ experiments: 5, node })
    const graphPoints = vi.spyOn(node.store, "graphPoints")
    const wholes = (): number =>
      graphPoints.mock.calls.filter(([{ changedAfter }]) => changedAfter === undefined).length
    const cache = createGraphCache(node.store)
    const row = await node.store.task(task.id)
    if (row === undefined) throw new Error("the task is not here")
    await cache.graph(row, "x64/26.10.0", 0)
    for (let minute = 0; minute < 30; minute += 9) {
      vi.advanceTimersByTime(9 * 60_000)
      await next()
      await cache.graph(row, "x64/26.10.0", 0)
    }
    expect(wholes()).toBe(1)
    vi.advanceTimersByTime(10 * 60_000)
    const again = await cache.graph(row, "x64/26.10.0", 0)
    expect(wholes()).toBe(2)
    expect(again.read().columns.seq).toHaveLength(9)
  })

  it("is not sent again to who has it, compressed or not", async () => {
    const { request, fixture } = await createTestApi({ experiments: 60 })
    const path = `/api/v1/tasks/${fixture.task.id}/graph`
    const ask = (headers: Record<string, string>): Promise<Response> => request(path, { headers })
    for (const encoding of ["gzip", "identity"]) {
      const first = await ask({ "accept-encoding": encoding })
      expect(first.headers.get("content-encoding")).toBe(encoding === "gzip" ? "gzip" : null)
      const tag = first.headers.get("etag") ?? ""
      const again = await ask({ "accept-encoding": encoding, "if-none-match": tag })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe("")
      expect(again.headers.get("etag")?.replace("W/", "")).toBe(tag.replace("W/", ""))
    }
    const before = (await ask({})).headers.get("etag") ?? ""
    await fixture.next()
    expect((await ask({ "if-none-match": before })).status).toBe(200)
    // Of what is asked for since a number, it is another.
    expect((await request(`${path}?since=3`, { headers: { "if-none-match": before } })).status).toBe(200)
  })

  it("is the same compressed, for all who take that, as it grows", async () => {
    const { request, fixture } = await createTestApi({ experiments: 60 })
    const ask = async (encoding: string): Promise<Response> =>
      request(`/api/v1/tasks/${fixture.task.id}/graph`, { headers: { "accept-encoding": encoding } })
    for (const count of [60, 61]) {
      const answers = await Promise.all([ask("gzip, br"), ask("br, gzip;q=0.5"), ask("gzip")])
      const plain = await ask("gzip;q=0, br")
      expect(plain.headers.get("content-encoding")).toBeNull()
      const text = await plain.text()
      expect(receivedGraphSchema.parse(JSON.parse(text)).columns.seq).toHaveLength(count)
      for (const answer of answers) {
        expect(answer.headers.get("content-type")).toBe(plain.headers.get("content-type"))
        expect(answer.headers.get("vary")).toMatch(/accept-encoding/i)
        expect(gunzipSync(await answer.bytes()).toString()).toBe(text)
      }
      await fixture.next()
    }
  })

  it("sends the whole again after an experiment was withheld, and no trace of what it said", async () => {
    const { client, fixture } = await createTestApi({ experiments: 20 })
    const { id } = fixture.task
    const before = await client.graph(id)
    const target = fixture.experiments.at(-1)?.id ?? ""
    const { seq } = await client.experiment(target)
    expect(before.columns.seq).toContain(seq)
    await fixture.node.store.block("id", target, "copied")
    const after = await client.graph(id, { since: before.seq })
    expect(after.since).toBe(0)
    expect(after.columns.seq).toEqual(before.columns.seq.filter((one) => one !== seq))
    await fixture.next()
    const later = await client.graph(id, { since: after.seq })
    const merged = new Map([...points(after), ...points(later)])
    const fresh = createGraphCache(fixture.node.store)
    const task = await fixture.node.store.task(id)
    if (task === undefined) throw new Error("the task is not here")
    expect(merged).toEqual(points((await fresh.graph(task, before.class, 0)).read()))
    const withheld = await client.graph(id, { class: "?" })
    expect([...points(withheld).values()]).toMatchObject([{ value: null, status: "withheld" }])
  })

  it("counts as running best only what is kept, not refuted and better than all before", () => {
    const series = [
      point(5),
      point(3, "discard"),
      point(4),
      point(1, "keep", "refuted"),
      point(null, "crash"),
      point(4),
      point(2),
    ]
    expect(runningBest(series, "minimize")).toEqual([0, 2, 6])
    expect(runningBest(series, "maximize")).toEqual([0])
    expect(runningBest([], "minimize")).toEqual([])
  })
})
