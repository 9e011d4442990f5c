import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { answers, type ModelServer, startModelServer } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { checkProposer } from "../src/doctor/proposer.ts"
import { NOTHING_STORED, writeModels } from "../src/models/model-file.ts"
import { researchInit, type ResearchSource } from "../src/research/research-init.ts"
import { resolveSettings, type SettingFlags } from "../src/settings/settings.ts"
import { emptyHome, type Ended, type Home } from "./support/spore.ts"
import { like } from "./support/match.ts"

const FIXTURE = join(import.meta.dirname, "fixtures", "parabola")
const experimentSchema = z.object({ title: z.string(), agent: z.string() })
const eventSchema = z.looseObject({ type: z.string() })

/** A home whose node knows the task parabola, which runs in a moment. */
async function taskHome(): Promise<Home> {
  const home = await emptyHome()
  await home.init()
  const { code, stderr } = await home.spore("task", "create", "--bundle", FIXTURE)
  if (code !== 0) throw new Error(stderr)
  return home
}

/** Research on parabola until it ends by itself. */
function research(home: Home, ...flags: string[]): Promise<Ended> {
  return home.spore("run", "--solo", "--unsandboxed", "own", "--task", "parabola", "--json", ...flags)
}

function eventsOf({ stdout }: Ended): z.infer<typeof eventSchema>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => eventSchema.parse(JSON.parse(line)))
}

/** A model that has one idea after another. */
function inventiveModel(): Promise<ModelServer> {
  return startModelServer({
    script: ({ number }) =>
      answers(`TITLE: idea ${number}
HYPOTHESIS: The bowl may be lower there.

FILE: point.mjs
<<<<<<< WHOLE
export const X = ${number + 1} // @tune -10..10
export const Y = ${-number - 1} // @tune -10..10
>>>>>>> WHOLE
`),
  })
}

describe("a run with a limit", () => {
  test("ends by itself with 0 when it is reached, and has told of every experiment before", async () => {
    await using home = await taskHome()
    const ended = await research(home, "--max-experiments", "4", "--workers", "2")
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" })
    const events = eventsOf(ended)
    expect(events.find(({ type }) => type === "ready")).toMatchObject({
      research: { proposer: "tuner", workers: 2, limits: { max_experiments: 4 } },
    })
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type === "experiment")).toHaveLength(4)
    expect(types.lastIndexOf("experiment")).toBeLessThan(types.indexOf("research_ended"))
    expect(types.slice(types.indexOf("research_ended"))).toEqual(
      expect.arrayContaining(["research_ended", "stopping", "stopped"]),
    )
    expect(events.find(({ type }) => type === "research_ended")).toMatchObject({
      reason: "max_experiments",
      research: { experiments: 4, ended: "max_experiments" },
    })
    expect(events.at(-1)).toMatchObject({ type: "stopped", experiments: 4, research: { ended: "max_experiments" } })
    const tried = events.filter(
      ({ type, kind, title }) => type === "started" && kind === "experiment" && title !== "baseline",
    )
    for (const event of tried) expect(event).toMatchObject({ agent: "tuner", parent: { reason: like("") } })

    // The next run counts anew, and says it in words.
    const again = await home.spore(
      "run",
      "--solo",
      "--unsandboxed",
      "own",
      "--task",
      "parabola",
      "--max-experiments",
      "1",
    )
    expect(again.code).toBe(0)
    expect(again.stdout).toContain("research by tuner, at most 1 experiment\n")
    expect(again.stdout).toMatch(/research ended: the experiment asked for is made\n/)
    expect(again.stdout).toMatch(/stopped after .*: 1 experiment \(\d kept\) and 0 reruns in this run; best height/)
  })

  test("asks the model that spore set chose, shows what it costs, and ends at its limit", async () => {
    await using model = await inventiveModel()
    await using home = await taskHome()
    const words = ["set", "custom", "--base-url", model.url, "--model", "scripted"]
    expect((await home.spore(...words, "--price", "1000,1000")).code).toBe(0)
    await writeFile(join(home.dataDir, "program.md"), "Look for the lowest point of the bowl.\n")
    const ended = await research(home, "--max-cost", "1", "--max-experiments", "20")
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" })
    const events = eventsOf(ended)
    const end = z
      .object({
        reason: z.string(),
        research: z.object({
          proposer: z.string(),
          spent: z.object({ cost_usd: z.number(), requests: z.number(), unpriced: z.number() }),
        }),
      })
      .parse(events.find(({ type }) => type === "research_ended"))
    expect(end).toMatchObject({ reason: "max_cost", research: { proposer: "custom scripted", spent: { unpriced: 0 } } })
    expect(end.research.spent.requests).toBe(model.requests.length)
    expect(end.research.spent.cost_usd).toBeCloseTo(model.counted.input / 1000 + model.counted.output / 1000, 6)
    expect(end.research.spent.cost_usd).toBeGreaterThanOrEqual(1)
    expect(events).toContainEqual(
      expect.objectContaining({ type: "started", kind: "proposal", title: "custom scripted", worker: 0 }),
    )
    const titles = events.flatMap(({ experiment }) => experimentSchema.safeParse(experiment).data ?? [])
    expect(titles).toContainEqual({ title: "idea 0", agent: "scripted" })
    expect(model.requests[0]?.prompt).toContain("Look for the lowest point of the bowl.")
  })
})

describe("who would propose", () => {
  const source = (home: Home, flags: SettingFlags): ResearchSource => ({
    dataDir: home.dataDir,
    env: { PATH: "/usr/bin:/bin" },
    settings: resolveSettings(flags, {}, {}).research,
    maxExperiments: undefined,
    carried: null,
    until: undefined,
  })

  test.each<[string, SettingFlags, string, string]>([
    ["a model that is not set", { model: "groq" }, "no key for groq", "spore set groq"],
    ["none at all", { proposer: "llm" }, "none is set", "spore set"],
    ["an agent that is not here", { agent: "claude" }, "no claude on this machine", "install claude"],
    ["an agent nobody knows", { agent: "nobody" }, "known are claude", "--agent-cmd"],
    ["a command that is not here", { agentCmd: "/nowhere/agent -x" }, "no /nowhere/agent", "--agent-cmd"],
    ["words that are not there", { program: "/nowhere/p.md" }, "no /nowhere/p.md for proposers", "write it"],
  ])("%s", async (_, flags, message, next) => {
    await using home = await emptyHome()
    await expect(researchInit(source(home, flags))).rejects.toMatchObject({
      message: like(message),
      next: like(next),
    })
  })

  test("nothing of a model or an agent is made where the tuner proposes", async () => {
    await using home = await emptyHome()
    expect(await researchInit(source(home, {}))).not.toHaveProperty("createProposer")
  })

  test("what cannot be is told before anything runs", async () => {
    await using home = await emptyHome()
    const ended = await home.spore("run", "--solo", "--until", "2020-01-01")
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: "" })
    expect(ended.stderr).toMatch(/that time is past\nnext: /)
  })

  test("a limit of cost needs prices; doctor says who would propose, and that they are not known", async () => {
    await using home = await emptyHome()
    await home.init()
    const local = { ...NOTHING_STORED, baseUrl: "http://127.0.0.1:9/v1", model: "local" }
    await writeModels(home.dataDir, { used: "custom", models: { custom: local } })
    await expect(researchInit(source(home, { maxCost: 5 }))).rejects.toMatchObject({
      code: "bad_usage",
      message: like("needs the prices of custom local"),
      next: like("spore set custom --price IN,OUT"),
    })
    expect(await checkProposer(home.dataDir, {}, resolveSettings({}, {}, {}))).toEqual([
      expect.objectContaining({
        level: "ok",
        message: like("custom local at http://127.0.0.1:9/v1, its prices are not"),
      }),
    ])
    const failing = resolveSettings({ agent: "claude" }, {}, {})
    expect(await checkProposer(home.dataDir, {}, failing)).toEqual([
      expect.objectContaining({ check: "proposer", level: "fail", message: like("no claude on this machine") }),
    ])
  })

  test("of a command that may print no usage, costs and tokens are no limit by themselves", async () => {
    await using home = await emptyHome()
    await home.init()
    for (const limit of [{ maxCost: 5 }, { maxTokens: 100 }]) {
      const asked = source(home, { agentCmd: "true", ...limit })
      await expect(researchInit(asked)).rejects.toMatchObject({ code: "bad_usage", next: like("--until TIME") })
      expect(await researchInit({ ...asked, until: "8h" })).toHaveProperty("createProposer")
    }
  })

  test("a key that is only in the environment is not spent from, and doctor says how it would be", async () => {
    await using home = await emptyHome()
    const env = { GROQ_API_KEY: "gsk_0123456789abcdef" }
    expect(await researchInit({ ...source(home, {}), env })).not.toHaveProperty("createProposer")
    expect(await checkProposer(home.dataDir, env, resolveSettings({}, {}, {}))).toEqual([
      {
        check: "proposer",
        level: "ok",
        message: like("the tuner"),
        next: "spore set groq, to have a language model propose by your GROQ_API_KEY",
      },
    ])
  })
})
