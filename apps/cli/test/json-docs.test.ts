import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import {
  diffSchema,
  experimentSchema,
  metricSchema,
  nodeStatusSchema,
  taskDetailSchema,
  taskSchema,
} from "@spore/api/client"
import { openLocalStore } from "@spore/node/local"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { createProgram } from "../src/program.ts"
import { command } from "./support/command.ts"
import { fixtureFolder } from "./support/fixture-folder.ts"
import { emptyHome, type Home } from "./support/spore.ts"

const PAGE = fileURLToPath(new URL("../../../docs/json.md", import.meta.url))
/** Shapes of the API, whose own tests hold them to its answers. */
const API: Readonly<Record<string, z.ZodType>> = {
  Diff: diffSchema,
  Experiment: experimentSchema,
  Metric: metricSchema,
  NodeStatus: nodeStatusSchema,
  Task: taskSchema,
  TaskDetail: taskDetailSchema,
}
const PLAIN: Readonly<Record<string, z.ZodType>> = {
  text: z.string(),
  number: z.number(),
  "yes/no": z.boolean(),
  object: z.record(z.string(), z.unknown()),
  list: z.array(z.unknown()),
}
/** What is run to see; what runs code or publishes is held to the page by tests of its own. */
const RUN: Readonly<Record<string, string>> = {
  "spore status": "status",
  "spore tasks": "tasks",
  "spore frontier": "frontier --task TASK",
  "spore graph": "graph --task TASK",
  "spore show": "show EXPERIMENT",
  "spore diff": "diff EXPERIMENT",
  "spore trials": "trials",
  "spore verifications": "verifications",
  "spore disputes": "disputes",
  "spore search": "search schedule",
  "spore task show": "task show TASK",
  "spore init": "init",
  "spore artifact list": "artifact list",
  "spore artifact gc": "artifact gc --dry-run",
  "spore withhold list": "withhold list",
  "spore db info": "db info",
  "spore db check": "db check",
  "spore task environments": "task environments",
  "spore version": "version",
  "spore doctor": "doctor",
}

type Fields = readonly (readonly [name: string, type: string])[]

/** The tables of the page by their headings. */
async function documented(): Promise<Map<string, Fields>> {
  const tables = new Map<string, Fields>()
  for (const section of (await readFile(PAGE, "utf8")).split(/^#{2,3} /m).slice(1)) {
    const [heading = "", ...lines] = section.split("\n")
    const rows = lines.filter((line) => line.startsWith("| ")).slice(1)
    const fields = rows.map((line) => {
      const [, name = "", type = ""] = line.split("|").map((cell) => cell.trim())
      return [name.replaceAll("`", ""), type] as const
    })
    tables.set(
      heading.replaceAll("`", ""),
      fields.filter(([name]) => !/^-+$/.test(name)),
    )
  }
  return tables
}

/** Throws where a value is not of a documented type. */
function check(tables: ReadonlyMap<string, Fields>, type: string, value: unknown, at: string): void {
  if (type.endsWith(" or null")) {
    if (value !== null) check(tables, type.slice(0, -" or null".length), value, at)
    return
  }
  const [, item] = /^\[(.+)\]$/.exec(type) ?? []
  if (item !== undefined) {
    for (const [i, one] of z.array(z.unknown()).parse(value).entries()) check(tables, item, one, `${at}[${i}]`)
    return
  }
  const schema = PLAIN[type] ?? API[type]
  const parsed = schema?.safeParse(value)
  if (parsed !== undefined) expect({ at, type, error: parsed.error?.message }).toEqual({ at, type, error: undefined })
  else checkFields(tables, type, z.record(z.string(), z.unknown()).parse(value), at)
}

function checkFields(
  tables: ReadonlyMap<string, Fields>,
  heading: string,
  value: Record<string, unknown>,
  at: string,
): void {
  const fields = tables.get(heading)
  if (fields === undefined) throw new Error(`docs/json.md has no ${heading}`)
  const rest = new Map(Object.entries(value))
  const missing: string[] = []
  for (const [name, type] of fields) {
    if (name === "…") {
      check(tables, type, value, at)
      for (const key of keysOf(tables, type)) rest.delete(key)
    } else if (rest.has(name)) {
      check(tables, type, rest.get(name), `${at}.${name}`)
      rest.delete(name)
    } else missing.push(name)
  }
  expect({ at, missing, undocumented: [...rest.keys()] }).toEqual({ at, missing: [], undocumented: [] })
}

function keysOf(tables: ReadonlyMap<string, Fields>, type: string): string[] {
  const schema = API[type]
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  return (tables.get(type) ?? []).map(([name]) => name)
}

let home: Home
let words: ReadonlyMap<string, string>

/** A trial as a node keeps it. */
const TRIAL = {
  id: "a".repeat(26),
  parent: "p",
  code: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
  class: "x64",
  title: "t",
  hypothesis: "",
  agent: "hand",
  parentValue: 2,
  experiment: null,
  at: 1_000,
  env: { accelerator: "cpu", runtime: {}, os: "linux", arch: "x64", sandbox: "bubblewrap" },
  result: {
    outcome: "ok",
    detail: "",
    scores: [1],
    metrics: { loss: 1 },
    feedback: "",
    object: null,
    judge: "separate",
    seconds: 1,
    steps: null,
    peakMemoryMb: null,
    log: "",
  },
}

beforeAll(async () => {
  home = await emptyHome()
  await home.init()
  const node = await fixtureFolder(home.dataDir, { experiments: 30, verdicts: true, profiles: true })
  const experiment = (await node.store.verifications({})).items[0]
  const task = experiment?.task ?? ""
  const store = await openLocalStore(home.dataDir)
  await store.setLocal("trial/0", JSON.stringify({ ...TRIAL, task }))
  await store.close()
  words = new Map([
    ["TASK", task],
    ["EXPERIMENT", experiment?.experiment ?? ""],
  ])
})
afterAll(() => home[Symbol.asyncDispose]())

describe("docs/json.md", () => {
  test.each(Object.entries(RUN))("says what %s prints", async (heading, line) => {
    const tables = await documented()
    let printed: Record<string, unknown> = {}
    const program = createProgram("1.2.3", { out: () => undefined, err: () => undefined }, async (load, asked) => {
      const { run } = await load()
      printed = await command(home.dataDir, run, asked.args, asked.opts()).json()
    })
    await program.parseAsync(
      line.split(" ").map((word) => words.get(word) ?? word),
      { from: "user" },
    )
    expect(Object.keys(printed)).not.toEqual([])
    checkFields(tables, heading, printed, heading)
  })

  test("documents every command that it names, and names those that print", async () => {
    const headings = [...(await documented()).keys()]
    const commands = headings.filter((heading) => heading.startsWith("spore "))
    const elsewhere = ["spore code", "spore try", "spore publish", "spore verify", "spore run"]
    expect(new Set(commands)).toEqual(new Set([...Object.keys(RUN), ...elsewhere]))
  })
})
