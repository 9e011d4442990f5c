import {
  buildHostile,
  createFakeNode,
  type FakeNode,
  HOSTILE_TEXTS,
  hostileFlood,
  type HostileTask,
} from "@spore/fixture"
import { testIdentity } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { run as disputes } from "../src/commands/disputes.ts"
import { run as frontier } from "../src/commands/frontier.ts"
import { run as graph } from "../src/commands/graph.ts"
import { run as profileShow } from "../src/commands/profile-show.ts"
import { run as search } from "../src/commands/search.ts"
import { run as show } from "../src/commands/show.ts"
import { run as status } from "../src/commands/status.ts"
import { run as taskList } from "../src/commands/task-list.ts"
import { run as taskShow } from "../src/commands/task-show.ts"
import { run as verifications } from "../src/commands/verifications.ts"
import { run as withhold } from "../src/commands/withhold.ts"
import { run as withholdList } from "../src/commands/withhold-list.ts"
import type { CommandModule } from "../src/context.ts"
import { createLiveView } from "../src/live/live-view.ts"
import { textWidth } from "../src/output/text-width.ts"
import { createFeed } from "../src/run/feed.ts"
import { createLinesView } from "../src/run/lines-view.ts"
import type { RunEvent } from "../src/run/run-event.ts"
import { command } from "./support/command.ts"
import { storeIn } from "./support/fixture-folder.ts"
import { jsonObject } from "./support/match.ts"
import { noTerminal, onPseudoTerminal } from "./support/pseudo-terminal.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { fakeTerminal } from "./support/terminal.ts"

const COLUMNS = 80
/** What a terminal would act on, hide or reorder by, and what some programs take for the end of a line. */
const ACTIVE = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\ufff9-\ufffb\p{Surrogate}]/u
/** The colours that this program uses; foreign text resets them by 0. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
const OWN_COLOURS = /\u001b\[(?:1|2|22|31|32|33|36|39)m/g

/** What the live view moves the cursor with. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
const OWN_MOVES = /\u001b\[(?:\?25[hl]|\?7[hl]|[KJ]|\d+[AB])/g

const ACTIVITY = {
  kind: "experiment",
  worker: 0,
  parent: null,
  agent: "tuner",
  experiment: null,
  startedAt: 4_000,
  progress: null,
} as const

let home: Home
let node: FakeNode
let hostile: HostileTask

beforeAll(async () => {
  home = await emptyHome()
  await home.init()
  node = await createFakeNode(testIdentity(599))
  hostile = await buildHostile(node)
  await storeIn(home.dataDir, node)
  const cid = hostile.files.get("page.html") ?? ""
  await command(home.dataDir, withhold, ["artifact", cid], { reason: hostileFlood(500) }).json()
})

afterAll(async () => {
  await node.stop()
  await home[Symbol.asyncDispose]()
})

/** Lines as a terminal shows them, once nothing is in them but text and this program's own colours. */
function shownLines(written: string): string[] {
  const lines = written.replace(/\n$/, "").split("\n")
  for (const line of lines) expect(line).not.toContain("\u001b[31mred")
  const bare = lines.map((line) => line.replaceAll(OWN_COLOURS, ""))
  expect(bare.filter((line) => ACTIVE.test(line))).toEqual([])
  return bare
}

function tooWide(lines: readonly string[], columns = COLUMNS): string[] {
  return lines.filter((line) => textWidth(line) > columns)
}

interface View {
  readonly words: string
  readonly run: CommandModule["run"]
  readonly args?: readonly string[]
  readonly options?: object
  /** What a pipe gets: a table, names with values, or these below each other. */
  readonly shape: "table" | "fields" | "mixed"
}

/** Every command that shows what strangers wrote. */
function shownBy(): View[] {
  const { task, nodes, experiments } = hostile
  return [
    { words: "search", run: search, args: ["canary"], shape: "table" },
    { words: "task list", run: taskList, shape: "table" },
    { words: "frontier", run: frontier, options: { task: task.id }, shape: "table" },
    { words: "verifications", run: verifications, options: { limit: 50 }, shape: "table" },
    { words: "disputes", run: disputes, options: { limit: 50 }, shape: "table" },
    { words: "graph", run: graph, options: { task: task.id, all: true }, shape: "table" },
    { words: "withhold list", run: withholdList, shape: "table" },
    { words: "status", run: status, shape: "mixed" },
    { words: "task show", run: taskShow, args: [task.id], shape: "mixed" },
    ...nodes.map((id): View => ({ words: "profile show", run: profileShow, args: [id], shape: "fields" })),
    ...experiments.map(({ id }): View => ({ words: "show", run: show, args: [id], shape: "fields" })),
  ]
}

describe.skipIf(noTerminal !== null)(
  `on a real terminal${noTerminal === null ? "" : ` (skipped: ${noTerminal})`}`,
  () => {
    test("nothing comes but text and this program's own colours, in lines that fit", async () => {
      const [, rerun] = hostile.experiments
      const { task, nodes } = hostile
      const results = await onPseudoTerminal(
        home,
        [
          ["show", rerun?.id ?? ""],
          ["search", "canary"],
          ["tasks"],
          ["task", "show", task.id],
          ["frontier", "--task", task.id],
          ["frontier", "--task", task.id, "--anchored"],
          ["verifications"],
          ["disputes"],
          ["status"],
          ["graph", "--task", task.id],
          ["profile", "show", nodes[0] ?? ""],
          ["withhold", "list"],
        ],
        COLUMNS,
      )
      for (const { args, code, written } of results) {
        expect([args, code]).toEqual([args, 0])
        expect([args, tooWide(shownLines(written))]).toEqual([args, []])
      }
      expect(results.map(({ written }) => written).join("")).toMatch(OWN_COLOURS)
    })

    test("hostile arguments are quoted as text where they are refused", async () => {
      const argument = Object.values(HOSTILE_TEXTS).join(" ").replaceAll("\u0000", "")
      const results = await onPseudoTerminal(
        home,
        [
          ["show", argument],
          ["profile", "show", argument],
          ["task", "show", argument],
          ["graph", "--task", hostile.task.id, "--class", argument],
          ["tasks", `--${argument}`],
          [argument],
        ],
        COLUMNS,
      )
      expect(results.map(({ code }) => code)).toEqual([2, 3, 3, 3, 2, 2])
      for (const { written } of results) expect(shownLines(written).at(-1)).toMatch(/^next: /)
    })

    test("what is exported stays one line a record", async () => {
      const [facts, results] = await onPseudoTerminal(
        home,
        [["export"], ["export", "--results", "-", "--task", hostile.task.id]],
        COLUMNS,
      )
      const lines = shownLines(facts?.written ?? "")
      for (const line of lines) expect(jsonObject(line)).toBeTypeOf("object")
      expect(lines.length).toBeGreaterThan(hostile.experiments.length)
      const rows = (results?.written ?? "").trimEnd().split("\n")
      expect(rows.length).toBe(hostile.experiments.length + 1)
      for (const row of rows) {
        expect(row.split("\t").length).toBe(5)
        expect(row.replaceAll("\t", "")).not.toMatch(ACTIVE)
      }
    })
  },
)

test.each([80, 120])("on a terminal of %i columns every line is text and fits", async (columns) => {
  for (const { words, run, args, options } of shownBy()) {
    const lines = await command(home.dataDir, run, args, options).onTerminal(columns)
    const shown = lines.flatMap((line) => shownLines(line))
    expect(shown.length).toBeGreaterThan(0)
    expect([words, tooWide(shown, columns)]).toEqual([words, []])
  }
})

test("in a pipe a record is one line of as many columns as its heading", async () => {
  for (const { words, run, args, options, shape } of shownBy()) {
    const lines = await command(home.dataDir, run, args, options).piped()
    const cells = lines.map((line) => line.split("\t"))
    expect([words, cells.flat().filter((cell) => ACTIVE.test(cell))]).toEqual([words, []])
    const widths = [...new Set(cells.map(({ length }) => length))]
    const expected = { table: widths.slice(0, 1), fields: [2], mixed: widths }
    expect([words, widths]).toEqual([words, expected[shape]])
    expect(lines.length).toBeGreaterThan(1)
  }
})

test("as JSON everything is there, in one line without anything active", async () => {
  const { task, experiments } = hostile
  for (const { words, run, args, options } of shownBy()) {
    const lines = await command(home.dataDir, run, args, options).jsonLines()
    expect([words, lines.length, lines.filter((line) => ACTIVE.test(line))]).toEqual([words, 1, []])
  }
  expect(await command(home.dataDir, taskShow, [task.id]).json()).toMatchObject({ description: task.body.description })
  for (const { id, body } of experiments) {
    expect(await command(home.dataDir, show, [id]).json()).toMatchObject({
      // No text of the database has a null.
      title: body.proposal.title.replaceAll("\u0000", "\ufffd"),
      hypothesis: body.proposal.hypothesis,
    })
  }
})

test("a run's lines and its live view show foreign text as text", async () => {
  const { task } = hostile
  const row = await node.store.task(task.id)
  if (row === undefined) throw new Error("the task is stored")
  // Its own addresses are shown whole: they are to be copied.
  node.set({ task: task.id, hardwareClass: row.standings[0]?.class ?? null, addresses: [] })
  const events: RunEvent[] = []
  const feed = createFeed({
    node,
    onEvent: (event) => events.push(event),
    onError: (error) => expect(error).toBeNull(),
  })
  const lines: string[] = []
  const terminal = fakeTerminal(COLUMNS)
  let tick = (): void => undefined
  const views = [
    createLinesView(
      (line) => lines.push(line),
      () => new Date(0),
    ),
    createLiveView({
      output: terminal.output,
      now: () => 10_000,
      everyTick: (callback) => {
        tick = callback
        return () => undefined
      },
    }),
  ]
  try {
    await feed.ready("http://localhost:8470")
    const [ready] = events
    if (ready?.type !== "ready") throw new Error("the first event is ready")
    expect(ready.recent.length).toBeGreaterThan(0)
    const all = hostileFlood(4_000)
    for (const view of views) {
      view.show(ready)
      view.show({ type: "task", task: row })
      for (const experiment of ready.recent) view.show({ type: "experiment", experiment })
      for (const title of Object.values(HOSTILE_TEXTS)) {
        const activity = { ...ACTIVITY, task: task.id, taskName: row.name, title }
        view.show({ type: "started", activity })
        tick()
      }
      view.show({ type: "notice", notice: { code: "c", message: all, next: all } })
      tick()
      view.close()
    }
  } finally {
    await feed.stop()
  }
  expect(lines.filter((line) => ACTIVE.test(line))).toEqual([])
  const drawn = terminal
    .taken()
    .replaceAll(OWN_MOVES, "")
    .split(/[\r\n]+/)
  expect(drawn.filter((line) => ACTIVE.test(line))).toEqual([])
  expect(tooWide(drawn)).toEqual([])
  expect(drawn.length).toBeGreaterThan(Object.keys(HOSTILE_TEXTS).length)
})
