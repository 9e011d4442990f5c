import { seededRandom } from "@spore/records"
import { describe, expect, it } from "vitest"
import { openLinks, SLOW, soak } from "../src/index.ts"
import { namespaceObstacle, openNamespaces } from "../src/namespaces.ts"

const AGREE_MS = 240_000
const TEST_MS = 540_000

describe("processes that come late, are killed and parted", () => {
  it("end with the same facts, files and digest", { timeout: TEST_MS }, async () => {
    const report = await soak({ seed: 7470, nodes: 6, records: 5, agreeMs: AGREE_MS, openFabric: openLinks })
    expect(report.rounds).toBe(1)
    // The least that was acknowledged: that of nodes which were neither late nor killed.
    expect(report.facts).toBeGreaterThan(5 * 4 * 3)
  })

  it("do so over slow links that stall", { timeout: TEST_MS }, async () => {
    const random = seededRandom(4)
    const openFabric = (edges: Parameters<typeof openLinks>[0]) => openLinks(edges, { ...SLOW, random })
    const report = await soak({ seed: 4, nodes: 4, records: 5, agreeMs: AGREE_MS, openFabric })
    expect(report.facts).toBeGreaterThan(5 * 4 * 2)
  })
})

const obstacle = await namespaceObstacle()
if (obstacle !== null) process.stderr.write(`skipped: soak in network namespaces, ${obstacle}\n`)
// CI runs as root and installs what is needed: there it is no reason to skip.
const isCi = process.env["CI"] === "true"

describe.skipIf(obstacle !== null && !isCi)("processes in network namespaces with delay and loss", () => {
  it("end with the same facts, files and digest", { timeout: TEST_MS }, async () => {
    expect(obstacle).toBeNull()
    const random = seededRandom(5)
    const openFabric = () => openNamespaces(5, { ...SLOW, random })
    const report = await soak({ seed: 5, nodes: 5, records: 4, agreeMs: AGREE_MS, openFabric })
    expect(report.facts).toBeGreaterThan(4 * 4 * 3)
  })
})
