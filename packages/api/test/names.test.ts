import { beforeAll, describe, expect, it } from "vitest"
import { addProfile, fakePeer } from "@spore/fixture"
import type { ServerEvent } from "../src/client/index.ts"
import { createTestApi, type TestApi } from "./support/api.ts"

describe("names of nodes", () => {
  let api: TestApi
  let self: string
  /** What an answer calls this node: one name in all of it. */
  let own: (rows: readonly { node: string; node_name: string | null }[]) => (string | null)[]

  beforeAll(async () => {
    api = await createTestApi({ experiments: 60 })
    self = api.fixture.node.nodeId
    own = (rows) => [...new Set(rows.filter(({ node }) => node === self).map(({ node_name }) => node_name))]
    await addProfile(api.fixture.node, { display_name: "an old name" })
    await addProfile(api.fixture.node, { display_name: "Ada's workstation", created: 1_780_000_001 })
  })

  it("are in every answer that names a node", async () => {
    const { client, fixture } = api
    const task = fixture.task.id
    const experiments = (await client.experiments({ limit: 500 })).items
    expect(own(experiments)).toEqual(["Ada's workstation"])
    expect(new Set(experiments.filter(({ node }) => node !== self).map(({ node_name }) => node_name))).toEqual(
      new Set([null]),
    )
    const mine = experiments.find(({ node }) => node === self)?.id ?? ""
    expect(await client.experiment(mine)).toMatchObject({ node_name: "Ada's workstation" })
    const reruns = (await client.allVerifications({ limit: 500 })).items
    expect(own(reruns)).toEqual(["Ada's workstation"])
    const rerun = reruns.find(({ node }) => node === self)?.experiment ?? ""
    expect(own((await client.comparison(rerun)).results)).toEqual(["Ada's workstation"])
    expect(own((await client.verifications(rerun)).items)).toEqual(["Ada's workstation"])
    expect(own((await client.taskFacts(task, { limit: 500 })).items)).toEqual(["Ada's workstation"])
    expect((await client.residuals(self)).items[0]).toMatchObject({ rerun: { node_name: "Ada's workstation" } })
    expect((await client.nodes()).items.map(({ id, name }) => [id === self, name])).toContainEqual([
      true,
      "Ada's workstation",
    ])
    expect(await client.node(self)).toMatchObject({ name: "Ada's workstation" })
    const { node, node_name } = await client.task(task)
    expect(node_name).toBe(node === self ? "Ada's workstation" : null)
  })

  it("are the connected nodes' own in the status and its events", async () => {
    const { client, fixture } = api
    const peers = [fakePeer({ nodeId: self }), fakePeer({ nodeId: "12D3KooWNobody" })]
    const none = { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0, seconds: 0 }
    const claim = { parent: fixture.experiments[0]?.id ?? "", summary: "wider" }
    fixture.node.set({
      peers,
      research: {
        proposer: "tuner",
        workers: 1,
        experiments: 0,
        limits: { maxExperiments: null, maxCostUsd: null, maxTokens: null, until: null },
        spent: none,
        spentInAll: none,
        ended: null,
        claims: [
          { ...claim, author: self },
          { ...claim, author: "12D3KooWNobody" },
        ],
      },
    })
    expect(await client.status()).toMatchObject({
      name: "Ada's workstation",
      peers: [{ name: "Ada's workstation" }, { name: null }],
      research: { claims: [{ node_name: "Ada's workstation" }, { node_name: null }] },
    })
    let told: ServerEvent | undefined
    for await (const event of client.events({ types: ["peers", "fact"] })) {
      if (event.type === "ready") fixture.node.emit({ type: "peers", peers })
      told = event
      if (event.type === "peers") break
    }
    expect(told).toMatchObject({ data: { peers: [{ name: "Ada's workstation" }, { name: null }] } })
  })

  it("are null again where a newer profile has none", async () => {
    const { client, fixture } = await createTestApi({ experiments: 3 })
    await addProfile(fixture.node, { display_name: "A" })
    expect(await client.status()).toMatchObject({ name: "A" })
    await addProfile(fixture.node, { display_name: "", created: 1_780_000_001 })
    expect(await client.status()).toMatchObject({ name: null })
    expect(new Set((await client.nodes()).items.map(({ name }) => name))).toEqual(new Set([null]))
  })
})
