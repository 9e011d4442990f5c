import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { AGENT_INSTRUCTIONS } from "../src/agents/instructions.ts"
import { AGENT_SKILL } from "../src/agents/skill.ts"
import { run as init } from "../src/commands/init.ts"
import { createProgram } from "../src/program.ts"
import { fixtureFolder } from "./support/fixture-folder.ts"
import { command } from "./support/command.ts"
import { jsonObject } from "./support/match.ts"
import { emptyHome, type Home } from "./support/spore.ts"

/** A line of a code block, or a span of code, that is a command. */
const COMMANDS = /^spore .+$|`(spore [^`]+)`/gm
/** What the texts stand in capitals for. */
function meant(word: string): string {
  if (word === "WORDS") return "schedule"
  return word === "TASK" ? known.task : word === "EXPERIMENT" ? known.experiment : word
}
const READ_ONLY = [
  "status",
  "tasks",
  "task show",
  "frontier",
  "graph",
  "search",
  "show",
  "diff",
  "trials",
  "verifications",
]

const lines = [
  ...new Set(
    [AGENT_SKILL, AGENT_INSTRUCTIONS]
      .flatMap((text) => [...text.matchAll(COMMANDS)])
      .map(([whole, span]) => span ?? whole),
  ),
]

let home: Home
let known: { task: string; experiment: string }

beforeAll(async () => {
  home = await emptyHome()
  await home.init()
  const node = await fixtureFolder(home.dataDir, { experiments: 12 })
  const experiment = (await node.store.experiments({ candidate: true })).items[0]
  known = { task: experiment?.task ?? "", experiment: experiment?.id ?? "" }
})
afterAll(() => home[Symbol.asyncDispose]())

describe("what agents are told", () => {
  test("the skill has front matter that agents take", () => {
    const [, front = ""] = /^---\n([\s\S]*?)\n---\n/.exec(AGENT_SKILL) ?? []
    const fields = new Map(
      front.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    )
    expect([...fields.keys()]).toEqual(["name", "description"])
    expect(fields.get("name")).toMatch(/^[a-z0-9-]{1,64}$/)
    expect(fields.get("description")?.length).toBeLessThanOrEqual(1024)
    // YAML would read it as a mapping.
    expect(fields.get("description")).not.toMatch(/: | #/)
  })

  test("names commands that there are, with options that they take", async () => {
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines) {
      let seen = ""
      const program = createProgram(
        "0",
        { out: () => undefined, err: () => undefined },
        async (_, found) => void (seen = found.name()),
      )
      const words = line.split(" ").slice(1)
      if (words.includes("--help")) continue
      await program.parseAsync(words, { from: "user" }).catch((error: unknown) => {
        // A command is named without what it is about.
        if (!/missing required argument/.test(String(error))) throw new Error(`${line}: ${String(error)}`)
        seen = "named"
      })
      expect({ line, seen }).not.toEqual({ line, seen: "" })
    }
  })

  test("gives read-only command lines that work as they are", async () => {
    const ran: string[] = []
    for (const line of lines) {
      const words = line.split(" ").slice(1)
      const isRead = READ_ONLY.some((name) => words.join(" ").startsWith(name)) && !words.includes("--help")
      const isWhole = words.length > 1 || ["status", "tasks", "frontier", "trials"].includes(words[0] ?? "")
      if (!isRead || !isWhole) continue
      const asked = words.map(meant)
      // Without a followed task it is said which to choose.
      if (line === "spore frontier") asked.push("--task", known.task)
      let failure = ""
      const program = createProgram("0", { out: () => undefined, err: () => undefined }, async (load, found) => {
        const { run } = await load()
        await command(home.dataDir, run, found.args, found.opts())
          .piped()
          .catch((error: unknown) => (failure = String(error)))
      })
      await program.parseAsync(asked, { from: "user" })
      expect({ line, failure }).toEqual({ line, failure: "" })
      ran.push(line)
    }
    expect(ran.length).toBeGreaterThanOrEqual(9)
  })
})

describe("spore init --agents", () => {
  test("writes what agents read, and leaves what others wrote, by force too", async () => {
    const folder = join(home.path, "project")
    const files = [
      join(folder, "AGENTS.md"),
      join(folder, ".claude/skills/spore/SKILL.md"),
      join(home.dataDir, "program.md"),
    ]
    const write = (options: object): Promise<Record<string, unknown>> =>
      command(home.dataDir, init, [], { agents: folder, ...options }).json()
    expect(await write({})).toMatchObject({ agents: { written: files, kept: [] } })
    expect(await readFile(files[1] ?? "", "utf8")).toBe(AGENT_SKILL)
    const [instructions = "", skill = "", program = ""] = files
    const block = await readFile(instructions, "utf8")
    expect(block).toContain(AGENT_INSTRUCTIONS)
    for (const path of [skill, program]) await writeFile(path, "mine")
    expect(await write({})).toMatchObject({ agents: { written: [], kept: files } })
    expect(await readFile(skill, "utf8")).toBe("mine")
    expect(await write({ force: true })).toMatchObject({ agents: { written: [skill], kept: [instructions, program] } })
    expect(await readFile(skill, "utf8")).toBe(AGENT_SKILL)
    expect(await readFile(program, "utf8")).toBe("mine")

    // Text of the user's stays around the block, which is added once and then brought up to date.
    await writeFile(instructions, "# Mine\n")
    expect(await write({})).toMatchObject({ agents: { written: [instructions] } })
    expect(await readFile(instructions, "utf8")).toBe(`# Mine\n\n${block}`)
    await writeFile(instructions, `# Mine\n\n${block.replace(AGENT_INSTRUCTIONS, "older\n")}\nmore of mine\n`)
    expect(await write({})).toMatchObject({ agents: { written: [instructions] } })
    expect(await readFile(instructions, "utf8")).toBe(`# Mine\n\n${block}\nmore of mine\n`)
    await expect(command(home.dataDir, init, [], { force: true }).json()).rejects.toMatchObject({ code: "bad_usage" })
    const bad = command(home.dataDir, init, [], { agents: files[0] }).json()
    await expect(bad).rejects.toMatchObject({ code: "file_unusable" })
    expect(jsonObject(JSON.stringify(await command(home.dataDir, init).json()))).toMatchObject({ agents: null })
  })
})
