import { beforeAll, describe, expect, it } from "vitest"
import type { z } from "zod"
import { createSporeClient, type SporeClient } from "../src/client/index.ts"
import * as dto from "../src/dto/index.ts"
import { createApi } from "../src/index.ts"
import { silentLogger } from "@spore/records"
import { makeChallenge, testIdentity } from "@spore/testkit"
import { buildVerified, createFakeNode, type VerifiedFixture } from "@spore/fixture"

describe("verification", () => {
  let fixture: VerifiedFixture
  let client: SporeClient
  let request: (path: string) => Promise<Response>

  beforeAll(async () => {
    fixture = await buildVerified(await createFakeNode())
    const app = createApi({ node: fixture.node, version: "1.2.3", log: silentLogger })
    request = async (path) => app.request(`/api/v1${path}`, { headers: { host: "localhost:8470" } })
    client = createSporeClient("http://localhost:8470", {
      fetch: (input) => {
        const { pathname, search } = new URL(input instanceof Request ? input.url : input)
        return request(pathname.replace("/api/v1", "") + search)
      },
    })
  })

  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const response = await request(path)
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    const body: unknown = await response.json()
    const parsed = schema.parse(body)
    // Schemas drop fields they do not name: nothing undocumented is sent.
    expect(parsed).toEqual(body)
    return parsed
  }

  const node = (n: number): string => (n === 1 ? fixture.node.nodeId : testIdentity(n).nodeId)

  it("comes to every verdict by what leads to it", async () => {
    const { noisy, exact } = fixture
    const verdicts = async (task: typeof noisy): Promise<Record<string, string>> =>
      Object.fromEntries(
        await Promise.all(
          Array.from(
            task.experiments,
            async ([name, { id }]) => [name, (await client.experiment(id)).verdict] as const,
          ),
        ),
      )
    expect(await verdicts(noisy)).toMatchObject({
      baseline: "reproduced",
      lucky: "regressed",
      contested: "suspect",
      challenged: "challenged",
      upheld: "upheld",
      forged: "refuted",
      fresh: "unverified",
      elsewhere: "uncalibrated",
    })
    expect(await verdicts(exact)).toMatchObject({ slandered: "upheld", forged: "refuted", split: "suspect" })
  })

  it("lists reruns and disputes over all experiments, by filter and page, without gaps", async () => {
    const { noisy, exact } = fixture
    const all = await allOf((page) => client.allVerifications({ ...page, limit: 7 }))
    expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).toSorted((a, b) => b - a))
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(all).toHaveLength((await client.stats()).verifications)
    const forged = noisy.id("forged")
    const some = await get(
      `/verifications?task=${noisy.task.id}&node=${node(1)}&experiment=${forged}`,
      dto.rerunPageSchema,
    )
    expect(some.items).toEqual(
      all.filter((one) => one.task === noisy.task.id && one.node === node(1) && one.experiment === forged),
    )
    expect(some.items).toHaveLength(1)
    const disputes = await allOf((page) => client.allDisputes({ ...page, limit: 2 }))
    expect(
      disputes
        .map(({ kind }) => kind)
        .toSorted()
        .join(" "),
    ).toBe(`${"challenge ".repeat(5)}${"dispute ".repeat(4)}`.trim())
    const ofExact = await get(`/disputes?task=${exact.task.id}&limit=1`, dto.controlPageSchema)
    expect(ofExact.items).toEqual(disputes.filter(({ task }) => task === exact.task.id).slice(0, 1))
    expect(ofExact.next_cursor).not.toBeNull()
  })

  it("answers bad filters and cursors with problems", async () => {
    for (const [path, status, code] of [
      ["/verifications?cursor=garbage", 400, "bad_cursor"],
      ["/disputes?cursor=garbage", 400, "bad_cursor"],
      ["/verifications?limit=0", 400, "bad_request"],
      ["/verifications?task=zzz", 404, "not_found"],
      ["/disputes?node=nobody", 404, "not_found"],
      ["/disputes?experiment=zzz", 404, "not_found"],
      ["/experiments/zzz/comparison", 404, "not_found"],
      ["/nodes/nobody/residuals", 404, "not_found"],
    ] as const) {
      const response = await request(path)
      const problem = dto.problemSchema.parse(await response.json())
      expect({ path, status: response.status, code: problem.code }).toEqual({ path, status, code })
    }
  })

  it("says which of the frontier are tied, and that the best was promoted", async () => {
    const { noisy, exact } = fixture
    const frontier = await get(`/tasks/${noisy.task.id}/frontier`, dto.frontierSchema)
    expect(frontier).toMatchObject({ promoted: true, best: { id: noisy.id("upheld"), promoted: true } })
    expect(frontier.frontier.map(({ id, tied }) => [id, tied])).toEqual([
      [noisy.id("upheld"), true],
      [noisy.id("lucky"), true],
      [noisy.id("baseline"), false],
    ])
    const task = await client.task(noisy.task.id)
    expect(task.standings.map(({ class: name, promoted }) => [name, promoted])).toEqual([
      ["rtx_4090", true],
      ["h100", false],
    ])
    expect((await client.frontier(exact.task.id)).frontier.map(({ tied }) => tied)).toEqual([true, false])
  })

  it("holds in the graph what the words of a verdict need", async () => {
    const { noisy } = fixture
    const graph = await client.graph(noisy.task.id)
    for (const [i, seq] of graph.columns.seq.entries()) {
      const row = await client.graphPoint(noisy.task.id, seq)
      expect({
        reproduced_by: graph.columns.reproduced_by[i],
        voters: graph.columns.voters[i],
        error: graph.columns.error[i]?.toPrecision(9),
        promoted: ((graph.columns.flags[i] ?? 0) & dto.FLAG_PROMOTED) !== 0,
      }).toEqual({
        reproduced_by: row.reproduced_by,
        voters: row.voters,
        error: row.error?.toPrecision(9),
        promoted: row.promoted,
      })
    }
  })

  it("puts a noisy claim beside each key's result, with the band, open to the better side", async () => {
    const { noisy } = fixture
    const upheld = await get(`/experiments/${noisy.id("upheld")}/comparison`, dto.comparisonSchema)
    expect(upheld.results.map((one) => [one.node, one.stance])).toEqual([
      [node(7), "differs"],
      [node(2), "agrees"],
      [node(3), "agrees"],
      [node(5), "agrees"],
    ])
    expect(upheld).toMatchObject({ scores: [3.1888, 3.1894], own_baseline: false, keys: 4, band: { low: null } })
    const row = await client.experiment(noisy.id("upheld"))
    const { sd = 0 } = row.noise ?? {}
    for (const { result, residual, stance, scores } of upheld.results) {
      expect(result).toBeCloseTo(((scores[0] ?? 0) + (scores[1] ?? 0)) / 2, 12)
      expect(residual).toBeCloseTo(((result ?? 0) - (upheld.claim ?? 0)) / (sd * Math.SQRT2), 9)
      expect((result ?? 0) <= (upheld.band?.high ?? 0)).toBe(stance === "agrees")
    }
    expect(upheld.acting_challenges).toHaveLength(1)
    const early = await client.comparison(noisy.id("elsewhere"))
    expect(early).toMatchObject({ band: null, results: [{ stance: "unjudged", residual: null }] })
  })

  it("compares each key with its own baseline where the task asks for it, and gives no vote without one", async () => {
    const { timed } = fixture
    const compared = await client.comparison(timed.id("table"))
    expect(compared).toMatchObject({ own_baseline: true, band: { high: null } })
    const stances = new Map(compared.results.map((one) => [one.node, one.stance]))
    expect(stances.get(node(6))).toBe("no_baseline")
    for (const one of compared.results.filter(({ stance }) => stance !== "no_baseline")) {
      expect(one.stance).toBe("agrees")
      // As measured the hosts lie hundreds apart; by their own baselines they agree.
      expect(Math.abs((one.result ?? 0) - (compared.claim ?? 0))).toBeLessThan(40)
    }
  })

  it("says of an exact claim who got something else, and which challenge acts", async () => {
    const { exact, node: answering } = fixture
    const compared = await client.comparison(exact.id("slandered"))
    expect(compared).toMatchObject({ claim: 2.6118, band: { low: 2.6118, high: 2.6118 } })
    expect(compared.results.map(({ stance }) => stance)).toEqual(["differs", "agrees", "agrees", "agrees"])
    expect(compared.acting_challenges).toHaveLength(1)
    const experiment = exact.experiments.get("hidden")
    if (experiment === undefined) throw new Error("the fixture has no such experiment")
    const evidence = [await exact.rerun("hidden", 5, 2.7402)]
    await answering.add(makeChallenge(testIdentity(5), { task: exact.task, experiment, evidence }))
    // Its evidence agrees with the claim.
    expect((await client.disputes(experiment.id)).items).toHaveLength(1)
    expect((await client.comparison(experiment.id)).acting_challenges).toEqual([])
    expect((await client.experiment(experiment.id)).verdict).toBe("reproduced")
  })

  it("has no claim to compare where the run was not ok", async () => {
    const crashed = await client.comparison(fixture.noisy.id("crash"))
    expect(crashed).toMatchObject({ claim: null, band: null, results: [], acting_challenges: [] })
  })

  it("shows a node's reruns beside the claims, in units of noise where that is known", async () => {
    const liar = await get(`/nodes/${node(7)}/residuals`, dto.residualPageSchema)
    expect(liar.items.map(({ stance, task_name, residual }) => [stance, task_name, (residual ?? 0) > 6])).toEqual([
      ["differs", "char-lm", false],
      ["differs", "char-lm", false],
      ["differs", "nanogpt-train", true],
      ["differs", "nanogpt-train", true],
    ])
    expect(liar.items[0]?.residual).toBeNull()
    const all = await allOf((page) => client.residuals(node(3), { ...page, limit: 5 }))
    expect(all.length).toBeGreaterThan(8)
    for (const { rerun, experiment, stance, residual, result, metric } of all) {
      expect(rerun).toMatchObject({ node: node(3), experiment: experiment.id })
      if (experiment.noise === null || metric.name !== "val_loss") continue
      expect(residual).toBeCloseTo(((result ?? 0) - (experiment.claim ?? 0)) / (experiment.noise.sd * Math.SQRT2), 9)
      expect(["agrees", "differs"]).toContain(stance)
    }
  })

  it("keeps quiet about what is withheld", async () => {
    const own = await buildVerified(await createFakeNode())
    const target = own.exact.id("forged")
    await own.node.store.block("id", target, "copied")
    const app = createApi({ node: own.node, version: "1", log: silentLogger })
    const response = await app.request(`/api/v1/experiments/${target}/comparison`, { headers: { host: "localhost" } })
    expect(dto.comparisonSchema.parse(await response.json())).toMatchObject({ claim: null, scores: [], results: [] })
  })
})

/** Everything of a list, page by page. */
async function allOf<T>(read: (page: { cursor?: string }) => Promise<dto.Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: dto.Page<T> = await read(cursor === null ? {} : { cursor })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return items
}
