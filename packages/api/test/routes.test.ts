import { beforeAll, describe, expect, it } from "vitest"
import type { z } from "zod"
import { fakePeer } from "@spore/fixture"
import { nodeIdOf, openEnvelope, encodeEnvelope } from "@spore/records"
import * as dto from "../src/dto/index.ts"
import { createTestApi, type TestApi } from "./support/api.ts"

const UPDATE: dto.UpdateStatus = {
  automatic: true,
  why_not: null,
  channel: "https://releases.example.org/",
  doing: "waiting",
  newest: { version: "1.3.0", released: 1_780_000_000, standing: "newer", reason: null },
  trial: null,
  looked_at: 1_780_000_400,
  reached_at: 1_780_000_400,
  next_look_at: 1_780_022_000,
  stale: false,
  problem: { code: "channel_untrusted", message: "signatures below the threshold", next: "spore update" },
}

describe("answers", () => {
  let api: TestApi
  let task: string
  let ids: string[]

  beforeAll(async () => {
    api = await createTestApi({ experiments: 130, missing: 0.1, twoClasses: true }, { update: async () => UPDATE })
    task = api.fixture.task.id
    ids = api.fixture.experiments.map(({ id }) => id)
    api.fixture.node.setActivity({
      kind: "experiment",
      worker: 0,
      parent: { id: ids[3] ?? "", title: "the parent", reason: "the best so far" },
      agent: "tuner",
      task,
      taskName: "char-lm",
      title: "hidden 64 → 96",
      experiment: null,
      startedAt: 1_780_000_500_500,
      progress: { fraction: 0.25, loss: 1.9, remainingSeconds: 12.5 },
    })
    api.fixture.node.setLog(["step 1", "step 2"])
    api.fixture.node.setActivity({
      kind: "proposal",
      worker: 2,
      parent: null,
      agent: "groq a-model",
      task,
      taskName: "char-lm",
      title: "groq a-model",
      experiment: null,
      startedAt: 1_780_000_501_000,
      progress: null,
    })
    api.fixture.node.setLog(["thinking"], 2)
    const parent = ids[3] ?? ""
    api.fixture.node.set({
      research: {
        proposer: "groq a-model",
        workers: 3,
        experiments: 12,
        limits: { maxExperiments: 100, maxCostUsd: 5, maxTokens: null, until: 1_780_030_000_000 },
        spent: { requests: 14, inputTokens: 1_100_000, outputTokens: 90_000, costUsd: 0.42, unpriced: 2, seconds: 61 },
        spentInAll: { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0, seconds: 0 },
        ended: null,
        claims: [
          { author: api.fixture.node.nodeId, parent, summary: "wider" },
          { author: "12D3KooWElsewhere", parent, summary: "deeper" },
        ],
      },
    })
    const known = { relayed: true, latencyMs: 12.5, score: -3, agent: "spore/1", carries: { tasks: 2, facts: 30 } }
    api.fixture.node.set({
      peers: [
        fakePeer({ nodeId: "new" }),
        fakePeer({ nodeId: "old", direction: "outbound", ...known, sync: { syncedAt: 7500, received: 3 } }),
      ],
      reach: { state: "relayed", observed: ["/ip4/192.0.2.9/tcp/1"], serving: { reservations: 1, limit: 16 } },
    })
  })

  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const response = await api.request(`/api/v1${path}`)
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    expect(response.headers.get("content-type")).toMatch(/^application\/json/)
    const body: unknown = await response.json()
    const parsed = schema.parse(body)
    // Schemas drop fields they do not name: nothing undocumented is sent.
    expect(parsed).toEqual(body)
    return parsed
  }

  it("are as their schemas say, on every route", async () => {
    const claimed = await get("/experiments?verdict=refuted", dto.experimentPageSchema)
    const reruns = await Promise.all(claimed.items.map((row) => api.fixture.node.store.reruns(row.id)))
    const refuted = reruns.find((rows) => rows.length === 2)?.[0]?.experiment ?? ""
    const id = ids[40] ?? ""
    const status = await get("/status", dto.nodeStatusSchema)
    expect(status).toMatchObject({ node: api.fixture.node.nodeId, task })
    expect(status.activities).toEqual([
      {
        kind: "experiment",
        worker: 0,
        task,
        task_name: "char-lm",
        title: "hidden 64 → 96",
        experiment: null,
        parent: { id: ids[3], title: "the parent", reason: "the best so far" },
        agent: "tuner",
        started_at: 1_780_000_500.5,
        progress: { fraction: 0.25, loss: 1.9, remaining_seconds: 12.5 },
      },
      expect.objectContaining({ kind: "proposal", worker: 2, title: "groq a-model", progress: null }),
    ])
    expect(status.research).toEqual({
      proposer: "groq a-model",
      workers: 3,
      experiments: 12,
      limits: { max_experiments: 100, max_cost_usd: 5, max_tokens: null, until: 1_780_030_000 },
      spent: { requests: 14, input_tokens: 1_100_000, output_tokens: 90_000, cost_usd: 0.42, unpriced: 2, seconds: 61 },
      spent_in_all: { requests: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, unpriced: 0, seconds: 0 },
      ended: null,
      claims: [
        { node: api.fixture.node.nodeId, node_name: null, parent: ids[3], summary: "wider" },
        { node: "12D3KooWElsewhere", node_name: null, parent: ids[3], summary: "deeper" },
      ],
    })
    expect(status.update).toEqual(UPDATE)
    expect(status.notices).toContainEqual(UPDATE.problem)
    expect(await get("/activity/log", dto.activityLogSchema)).toEqual({
      activity: status.activities[0],
      lines: ["step 1", "step 2"],
    })
    expect(await get("/activity/log?worker=2", dto.activityLogSchema)).toEqual({
      activity: status.activities[1],
      lines: ["thinking"],
    })
    expect(await get("/activity/log?worker=1", dto.activityLogSchema)).toEqual({ activity: null, lines: [] })
    expect(await get("/health", dto.healthSchema)).toEqual({
      status: "ok",
      version: status.version,
      peers: 2,
      seq: status.seq,
    })
    expect(await get("/stats", dto.statsSchema)).toMatchObject({ tasks: 1, experiments: 130, nodes: 4 })
    expect((await get("/tasks", dto.taskPageSchema)).items).toHaveLength(1)
    expect(await get(`/tasks/${task}`, dto.taskDetailSchema)).toMatchObject({ followed: true, budget: { value: 1200 } })
    await get(`/tasks/${task}/graph`, dto.packedGraphSchema)
    await get(
      `/tasks/${task}/graph/${(await get(`/experiments/${id}`, dto.experimentDetailSchema)).seq}`,
      dto.experimentSchema,
    )
    expect((await get(`/tasks/${task}/progress`, dto.progressSchema)).steps.length).toBeGreaterThan(2)
    const frontier = await get(`/tasks/${task}/frontier`, dto.frontierSchema)
    expect(frontier.promoted).toBe(true)
    expect(frontier.frontier[0]?.id).toBe(frontier.best?.id)
    expect((await get(`/tasks/${task}/activity?limit=7`, dto.taskFactPageSchema)).items).toHaveLength(7)
    await get(`/experiments?task=${task}&status=keep&verified=true&sort=best&limit=5`, dto.experimentPageSchema)
    expect((await get(`/experiments/${id}/lineage`, dto.experimentPageSchema)).items.at(-1)?.parent).toBeNull()
    expect((await get(`/experiments/${ids[0]}/children`, dto.experimentPageSchema)).items.length).toBeGreaterThan(0)
    await get(`/experiments/${id}/code`, dto.codeSchema)
    expect((await get(`/experiments/${refuted}/verifications`, dto.rerunPageSchema)).items).toHaveLength(2)
    expect((await get(`/experiments/${refuted}/disputes`, dto.controlPageSchema)).items).toHaveLength(2)
    expect((await get("/nodes", dto.nodePageSchema)).items).toHaveLength(4)
    expect((await get(`/nodes?task=${task}`, dto.nodePageSchema)).items).toHaveLength(4)
    expect(await get(`/nodes/${api.fixture.node.nodeId}`, dto.nodeDetailSchema)).toMatchObject({ self: true })
  })

  it("reach every path of the OpenAPI document, which is 3.1 and names its schemas", async () => {
    const response = await api.request("/api/v1/openapi.json")
    const document: unknown = await response.json()
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } })
    expect(document).toHaveProperty(["components", "schemas", "ExperimentDetail"])
    expect(document).toHaveProperty(
      ["paths", "/experiments/{id}", "get", "responses", "200", "content", "application/json", "schema", "$ref"],
      "#/components/schemas/ExperimentDetail",
    )
    const paths = Object.keys(pathsOf(document))
    expect(paths.toSorted()).toEqual(
      [
        "/activity/log",
        "/blobs/{cid}",
        "/disputes",
        "/events",
        "/experiments",
        "/experiments/{id}",
        "/experiments/{id}/children",
        "/experiments/{id}/code",
        "/experiments/{id}/comparison",
        "/experiments/{id}/diff",
        "/experiments/{id}/disputes",
        "/experiments/{id}/lineage",
        "/experiments/{id}/log",
        "/experiments/{id}/proof",
        "/experiments/{id}/verifications",
        "/health",
        "/lookup",
        "/nodes",
        "/nodes/{id}",
        "/nodes/{id}/experiments",
        "/nodes/{id}/residuals",
        "/search",
        "/stats",
        "/status",
        "/tasks",
        "/tasks/{id}",
        "/tasks/{id}/activity",
        "/tasks/{id}/frontier",
        "/tasks/{id}/graph",
        "/tasks/{id}/graph/{seq}",
        "/tasks/{id}/improvements",
        "/tasks/{id}/nodes",
        "/tasks/{id}/progress",
        "/verifications",
      ].toSorted(),
    )
  })

  it("page through all experiments once, whatever the page size", async () => {
    for (const limit of [1, 49, 130]) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`
        const page: dto.Page<dto.Experiment> = await get(
          `/experiments?sort=oldest&limit=${limit}${query}`,
          dto.experimentPageSchema,
        )
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.next_cursor
      } while (cursor !== null)
      expect(seen).toEqual(ids)
    }
  })

  it("page through the facts of a task, latest first, without gaps", async () => {
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? "" : `&cursor=${cursor}`
      const page: dto.Page<dto.TaskFact> = await get(`/tasks/${task}/activity?limit=40${query}`, dto.taskFactPageSchema)
      seen.push(...page.items.map(({ seq }) => seq))
      cursor = page.next_cursor
    } while (cursor !== null)
    const last = await api.fixture.node.store.lastSeq()
    // The task's own record is no fact of a task.
    expect(seen).toEqual(Array.from({ length: last - 1 }, (_, i) => last - i))
  })

  it("give a record's bytes so that anybody can check its id, author and signature", async () => {
    const id = ids[3] ?? ""
    const proof = await get(`/experiments/${id}/proof`, dto.proofSchema)
    const record = openEnvelope(encodeEnvelope({ payload: bytes(proof.payload), signature: bytes(proof.signature) }))
    expect(record.id).toBe(id)
    expect(nodeIdOf(bytes(proof.public_key))).toBe(proof.node)
    expect(record.body.author).toEqual(bytes(proof.public_key))
    expect(proof.signing_prefix).toBe("spore/1/experiment\n")
  })

  it("diff an experiment against its parent by default, or any other", async () => {
    const rows = (await get("/experiments?limit=200", dto.experimentPageSchema)).items
    const diffs = await Promise.all(
      rows.filter(({ parent }) => parent !== null).map(({ id }) => get(`/experiments/${id}/diff`, dto.diffSchema)),
    )
    const held = diffs.find((diff) => diff.held && diff.files.length > 0)
    expect(held?.files[0]).toMatchObject({ change: "modified", additions: 1, deletions: 1, omitted: null })
    expect(held?.files[0]?.patch).toMatch(/^@@ -\d+,\d+ \+\d+,\d+ @@\n/)
    expect(held?.files[0]?.patch).toMatch(/^-const .*\n\+const /m)
    const missing = diffs.find((diff) => !diff.held)
    expect(missing?.missing.length).toBeGreaterThan(0)
    expect(missing?.files).toEqual([])
    const self = await get(`/experiments/${held?.experiment}/diff?against=${held?.experiment}`, dto.diffSchema)
    expect(self).toMatchObject({ held: true, files: [] })
    expect(await get(`/experiments/${ids[0]}/diff`, dto.diffSchema)).toMatchObject({ against: null, files: [] })
  })

  it("say when code is not held here", async () => {
    const rows = (await get("/experiments?limit=200", dto.experimentPageSchema)).items
    const codes = await Promise.all(rows.map(({ id }) => get(`/experiments/${id}/code`, dto.codeSchema)))
    const held = codes.find((code) => code.held)
    expect(held?.files[0]?.text).toContain("const LEARNING_RATE")
    const missing = codes.findIndex((code) => !code.held)
    expect(codes[missing]).toMatchObject({ held: false, files: [] })
    const detail = await get(`/experiments/${rows[missing]?.id}`, dto.experimentDetailSchema)
    expect(detail.code_held).toBe(false)
  })

  it("accept a unique prefix of an id", async () => {
    const id = ids[5] ?? ""
    const prefix = uniquePrefix(id, [...ids, task])
    expect(prefix.length).toBeLessThan(id.length)
    expect((await get(`/experiments/${prefix}`, dto.experimentDetailSchema)).id).toBe(id)
    expect((await get(`/experiments/${prefix}/lineage`, dto.experimentPageSchema)).items[0]?.id).toBe(id)
    const nodes = (await get("/nodes", dto.nodePageSchema)).items
    const [some] = nodes
    const nodePrefix = uniquePrefix(
      some?.id ?? "",
      nodes.map((node) => node.id),
    )
    const list = await get(`/experiments?node=${nodePrefix}&limit=500`, dto.experimentPageSchema)
    expect(list.items.every((row) => row.node === some?.id)).toBe(true)
    expect(list.items).toHaveLength(some?.experiments ?? -1)
  })

  it("carry a validator, and 304 where nothing changed", async () => {
    const first = await api.request(`/api/v1/tasks/${task}`)
    const etag = first.headers.get("etag")
    expect(etag).not.toBeNull()
    const second = await api.request(`/api/v1/tasks/${task}`, { headers: { "if-none-match": etag ?? "" } })
    expect(second.status).toBe(304)
  })
})

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"))
}

function pathsOf(document: unknown): object {
  const isPaths = typeof document === "object" && document !== null && "paths" in document
  return isPaths && typeof document.paths === "object" && document.paths !== null ? document.paths : {}
}

function uniquePrefix(id: string, all: readonly string[]): string {
  for (let length = 1; length < id.length; length++) {
    const prefix = id.slice(0, length)
    if (all.filter((other) => other.startsWith(prefix)).length === 1) return prefix
  }
  return id
}
