import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { NodeStatus } from "@spore/node"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
import { researchInit } from "../../src/research/research-init.ts"
import { carriedLimits, carryLimits } from "../../src/run/carried-limits.ts"
import { resolveSettings } from "../../src/settings/settings.ts"

const NOTHING = { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0, seconds: 0 }
const RESEARCH: NonNullable<NodeStatus["research"]> = {
  proposer: "tuner",
  workers: 1,
  experiments: 7,
  limits: { maxExperiments: 10, maxCostUsd: 5, maxTokens: 1000, until: 1_760_000_000_000 },
  spent: { ...NOTHING, inputTokens: 800, outputTokens: 300, costUsd: 1.5 },
  spentInAll: NOTHING,
  ended: null,
  claims: [],
}

test("a run that goes on as another version has what is left of its limits, and no more", async () => {
  await using folder = await temporaryFolder()
  expect(await carriedLimits(folder.path)).toBeNull()
  await carryLimits(folder.path, RESEARCH)
  const left = { maxExperiments: 3, maxCostUsd: 3.5, maxTokens: 0, until: 1_760_000_000_000 }
  expect(await carriedLimits(folder.path)).toEqual(left)
  const { research } = await researchInit({
    dataDir: folder.path,
    env: {},
    settings: resolveSettings({ proposer: "tuner", maxCost: 5 }, {}, {}).research,
    maxExperiments: 10,
    // Past by now, which a run that begins would be refused for.
    until: "2025-01-01T07:00",
    carried: await carriedLimits(folder.path),
  })
  expect(research?.limits).toEqual(left)
})

test("what another supervisor's run left counts for nothing", async () => {
  await using folder = await temporaryFolder()
  await carryLimits(folder.path, RESEARCH)
  const path = join(folder.path, "carried.json")
  const kept = z
    .looseObject({ supervisor: z.looseObject({ pid: z.number() }) })
    .parse(JSON.parse(await readFile(path, "utf8")))
  await writeFile(path, JSON.stringify({ ...kept, supervisor: { ...kept.supervisor, pid: kept.supervisor.pid + 1 } }))
  expect(await carriedLimits(folder.path)).toBeNull()
  await writeFile(path, "not JSON")
  expect(await carriedLimits(folder.path)).toBeNull()
})
