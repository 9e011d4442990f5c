import { openLocalStore } from "@spore/node/local"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createProgram } from "../src/program.ts"
import { command } from "./support/command.ts"
import { checkFields, documented } from "./support/json-docs.ts"
import { fixtureFolder } from "./support/fixture-folder.ts"
import { emptyHome, type Home } from "./support/spore.ts"

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
  "spore task use": "task use TASK",
  "spore set": "set",
  "spore init": "init",
  "spore artifact list": "artifact list",
  "spore artifact gc": "artifact gc --dry-run",
  "spore withhold list": "withhold list",
  "spore db info": "db info",
  "spore db check": "db check",
  "spore task environments": "task environments",
  "spore update": "update",
  "spore update history": "update history",
  "spore update trust": "update trust",
  "spore version": "version",
  "spore stop": "stop",
  "spore config list": "config list",
  "spore config get": "config get port",
  "spore config set": "config set port 7471",
  "spore config unset": "config unset port",
  "spore config path": "config path",
  "spore clean": "clean --dry-run",
  "spore service print": "service print --systemd",
  "spore service uninstall": "service uninstall",
  "spore doctor": "doctor",
}

/** Held to the page by update-commands.test.ts, which has a channel. */
const UPDATES = ["update check", "update apply", "update rollback"]

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
    const running = ["run", "start", "logs", "service install"]
    const elsewhere = [
      "code",
      "try",
      "publish",
      "verify",
      "task new",
      "task create",
      "adopt",
      ...running,
      ...UPDATES,
    ].map((name) => `spore ${name}`)
    expect(new Set(commands)).toEqual(new Set([...Object.keys(RUN), ...elsewhere]))
  })
})
