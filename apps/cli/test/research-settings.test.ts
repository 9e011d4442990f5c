import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { checkProgram, MAX_PROGRAM, programPath, readProgram } from "../src/research/program-file.ts"
import { parseUntil } from "../src/research/until.ts"
import { parseConfig } from "../src/settings/config-file.ts"
import { resolveSettings, type SettingFlags } from "../src/settings/settings.ts"
import { like } from "./support/match.ts"

type Variables = Record<string, string>

function research(flags: SettingFlags, env: Variables = {}, toml = ""): ReturnType<typeof resolveSettings>["research"] {
  const config = toml === "" ? {} : parseConfig(`[research]\n${toml}`, "c")
  return resolveSettings(flags, env, config).research
}

describe("settings of research", () => {
  test("are one tuner without limits unless something is said", () => {
    expect(research({})).toEqual({
      proposer: { kind: "auto" },
      workers: 1,
      maxCostUsd: null,
      maxTokens: null,
      program: undefined,
    })
  })

  test("a flag wins over a variable, that over the file", () => {
    const file = "workers = 2\nmax_cost = 1.5\nmax_tokens = 10\nprogram = 'mine.md'"
    const env = { SPORE_WORKERS: "3", SPORE_MAX_COST: "2.5", SPORE_MAX_TOKENS: "20" }
    expect(research({}, {}, file)).toMatchObject({ workers: 2, maxCostUsd: 1.5, maxTokens: 10, program: "mine.md" })
    expect(research({}, env, file)).toMatchObject({ workers: 3, maxCostUsd: 2.5, maxTokens: 20 })
    expect(research({ workers: 4, maxCost: 3, maxTokens: 30, program: "/p.md" }, env, file)).toMatchObject({
      workers: 4,
      maxCostUsd: 3,
      maxTokens: 30,
      program: "/p.md",
    })
  })

  test.each<[string, SettingFlags, Variables, string, object]>([
    ["a model names its kind", { model: "groq" }, {}, "", { kind: "llm", model: "groq" }],
    ["so does an agent", { agent: "claude" }, {}, "", { kind: "agent", name: "claude" }],
    ["and a command", { agentCmd: "./a.sh -x" }, {}, "", { kind: "agent", command: "./a.sh -x" }],
    ["llm takes what spore set chose", { proposer: "llm" }, {}, "", { kind: "llm", model: undefined }],
    ["or the model of the file", { proposer: "llm" }, {}, "model = 'xai/grok-4'", { kind: "llm", model: "xai/grok-4" }],
    [
      "a flag's kind wins over the file's",
      { agent: "codex" },
      {},
      "proposer = 'tuner'",
      { kind: "agent", name: "codex" },
    ],
    ["a variable's over the file's", {}, { SPORE_PROPOSER: "tuner" }, "agent = 'codex'", { kind: "tuner" }],
    [
      "agent takes the file's",
      { proposer: "agent" },
      {},
      "agent_cmd = 'a'\nproposer = 'tuner'",
      { kind: "agent", command: "a" },
    ],
    [
      "a flag's agent wins over a variable's command",
      { agent: "a" },
      { SPORE_AGENT_CMD: "b" },
      "",
      { kind: "agent", name: "a" },
    ],
    ["variables name a kind too", {}, { SPORE_MODEL: "groq/x" }, "", { kind: "llm", model: "groq/x" }],
    [
      "a file may hold both and say which",
      {},
      {},
      "proposer = 'llm'\nmodel = 'groq'\nagent = 'a'",
      { kind: "llm", model: "groq" },
    ],
    ["auto as a flag undoes the file", { proposer: "auto" }, {}, "agent = 'a'", { kind: "auto" }],
  ])("%s", (_, flags, env, toml, proposer) => {
    expect(research(flags, env, toml).proposer).toEqual(proposer)
  })

  test.each<[SettingFlags, Variables, string, string, string]>([
    [{ agent: "a", agentCmd: "b" }, {}, "", "bad_usage", "--agent and --agent-cmd do not go together"],
    [{ model: "groq", agent: "a" }, {}, "", "bad_usage", "--model and --agent do not"],
    [{ proposer: "tuner", model: "groq" }, {}, "", "bad_usage", "--model and --proposer tuner do not"],
    [{ proposer: "auto", agent: "a" }, {}, "", "bad_usage", "--agent and --proposer auto do not"],
    [{ proposer: "llm", agentCmd: "a" }, {}, "", "bad_usage", "--agent-cmd and --proposer llm do not"],
    [{ proposer: "agent" }, {}, "", "bad_usage", "nothing says which"],
    [{}, { SPORE_PROPOSER: "agent", SPORE_MODEL: "groq" }, "", "bad_setting", "SPORE_MODEL and SPORE_PROPOSER agent"],
    [{}, {}, "model = 'groq'\nagent = 'a'", "bad_config", "model in config.toml and agent in config.toml"],
    [{}, {}, "agent_cmd = 'x'\nagent = 'a'\nproposer = 'agent'", "bad_config", "agent in config.toml and agent_cmd"],
    [{}, { SPORE_WORKERS: "65" }, "", "bad_setting", "SPORE_WORKERS=65"],
    [{}, { SPORE_MAX_COST: "free" }, "", "bad_setting", "SPORE_MAX_COST=free"],
    [{}, { SPORE_MAX_COST: "-1" }, "", "bad_setting", "SPORE_MAX_COST=-1"],
    [{}, { SPORE_MAX_TOKENS: "1e3" }, "", "bad_setting", "SPORE_MAX_TOKENS=1e3"],
    [{}, { SPORE_MODEL: "Groq Model" }, "", "bad_setting", "expected PROVIDER or PROVIDER/MODEL"],
    [{}, { SPORE_PROPOSER: "me" }, "", "bad_setting", "SPORE_PROPOSER=me"],
  ])("%j %j %j is refused", (flags, env, toml, code, words) => {
    expect(() => research(flags, env, toml)).toThrow(expect.objectContaining({ code, message: like(words) }))
  })

  test.each([
    "workers = 0",
    "workers = 65",
    "max_cost = 0",
    "max_tokens = 1.5",
    "proposer = 'me'",
    "model = ''",
    "who = 1",
  ])("%s in config.toml is refused with its line", (line) => {
    expect(() => parseConfig(`[research]\n${line}`, "c")).toThrow(
      expect.objectContaining({ code: "bad_config", message: like("line 2") }),
    )
  })
})

describe("--until", () => {
  const now = new Date(2026, 10, 28, 22, 30)

  test.each<[string, Date]>([
    ["8h", new Date(2026, 10, 29, 6, 30)],
    ["1h30m", new Date(2026, 10, 29, 0, 0)],
    ["90min", new Date(2026, 10, 29, 0, 0)],
    ["0.5d", new Date(2026, 10, 29, 10, 30)],
    ["45s", new Date(2026, 10, 28, 22, 30, 45)],
    ["07:00", new Date(2026, 10, 29, 7, 0)],
    ["7:00", new Date(2026, 10, 29, 7, 0)],
    ["22:31", new Date(2026, 10, 28, 22, 31)],
    // It has just struck.
    ["22:30", new Date(2026, 10, 29, 22, 30)],
    ["2026-11-30", new Date(2026, 10, 30)],
    ["2026-11-29T07:00", new Date(2026, 10, 29, 7, 0)],
    ["2026-11-29 07:00:30", new Date(2026, 10, 29, 7, 0, 30)],
    ["2026-12-01T07:00:00Z", new Date(Date.UTC(2026, 11, 1, 7))],
    ["2026-12-01T07:00+02:00", new Date(Date.UTC(2026, 11, 1, 5))],
  ])("%s", (text, end) => {
    expect(new Date(parseUntil(text, now))).toEqual(end)
  })

  test.each([
    "",
    "8",
    "8x",
    "h",
    "25:00",
    "07:60",
    "0s",
    "2026-11-28T22:29",
    "2026-13-01",
    "2026-02-31T99:00",
    "tomorrow",
    "400d",
    "-8h",
  ])("%j is refused, with what may be given", (text) => {
    expect(() => parseUntil(text, now)).toThrow(
      expect.objectContaining({ code: "bad_usage", message: like("--until"), next: like("") }),
    )
  })
})

describe("the words to proposers", () => {
  test("are the data folder's program.md as it is now, or the file that was asked for", async () => {
    await using folder = await temporaryFolder()
    const path = programPath(folder.path, undefined)
    await checkProgram(path, false)
    expect(await readProgram(path)).toBeNull()
    await writeFile(path, "try depth\n")
    expect(await readProgram(path)).toBe("try depth\n")
    await writeFile(path, " \n")
    expect(await readProgram(path)).toBeNull()
    const own = programPath(folder.path, "own.md")
    await expect(checkProgram(own, true)).rejects.toMatchObject({ code: "file_unusable", message: like("own.md") })
  })

  test("are refused before a run where they are too long, and cut at a character where they get so later", async () => {
    await using folder = await temporaryFolder()
    const path = programPath(folder.path, undefined)
    await writeFile(path, `a${"ä".repeat(MAX_PROGRAM)}`)
    await expect(checkProgram(path, false)).rejects.toMatchObject({ code: "file_unusable", message: like("16 KiB") })
    const text = await readProgram(path)
    expect(text).toBe(`a${"ä".repeat(MAX_PROGRAM / 2 - 1)}`)
  })

  test("cannot be a folder", async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, "program.md"))
    await expect(readProgram(join(folder.path, "program.md"))).rejects.toMatchObject({ code: "file_unusable" })
  })
})
