import type { ExperimentRow } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { run } from "../src/commands/graph.ts"
import { shortId } from "../src/ids.ts"
import { buildTree, prune, walk } from "../src/lineage/kept-tree.ts"
import { textWidth } from "../src/output/text-width.ts"
import { command } from "./support/command.ts"
import { fixtureFolder } from "./support/fixture-folder.ts"
import { fakeTerminal } from "./support/terminal.ts"

let folder: TemporaryFolder
let rows: ExperimentRow[]
let best: string

beforeAll(async () => {
  folder = await temporaryFolder()
  await fixtureFolder(folder.path, { experiments: 120, words: "hostile", twoClasses: true })
  const store = await openLocalStore(folder.path)
  const [task] = await store.tasks()
  const [standing] = task?.standings ?? []
  const page = await store.experiments(
    { task: task?.id ?? "", class: standing?.class ?? "", sort: "oldest" },
    { limit: 500 },
  )
  rows = [...page.items]
  best = standing?.best?.id ?? ""
  await store.close()
})
afterAll(() => folder[Symbol.asyncDispose]())

/** What a terminal shows, colours left out. */
async function shown(options: object, columns: number, lines: number, locale: string, id?: string): Promise<string[]> {
  const printed: string[] = []
  const { output } = fakeTerminal(columns, lines)
  await run(
    {
      env: { LANG: locale },
      dataDir: folder.path,
      json: false,
      version: "0.0.0",
      output: { ...output, isTerminal: true, print: (line) => void printed.push(line) },
    },
    { args: id === undefined ? [] : [id], options },
  )
  // oxlint-disable-next-line no-control-regex -- colours
  return printed.map((line) => line.replaceAll(/\u001b\[\d+m/g, ""))
}

const tree = (everything: boolean, root?: string, depth?: number): ReturnType<typeof buildTree> =>
  buildTree({ rows, goal: "minimize", best, root, everything, depth })

describe("the tree of what was kept", () => {
  it("holds everything kept once, below the nearest kept ancestor, and counts the rest", () => {
    const branches = [...walk(tree(false))]
    const kept = rows.filter(({ status }) => status === "keep")
    expect(branches.map(({ row }) => row.id).toSorted()).toEqual(kept.map(({ id }) => id).toSorted())
    for (const { row, parent } of branches) expect(parent?.row.id ?? null).toBe(row.keepAncestor)
    const tried = branches.reduce(
      (sum, { tried: { discarded, crashed, other } }) => sum + discarded + crashed + other,
      0,
    )
    expect(tried).toBe(rows.length - kept.length)
  })

  it("leads to the best first", () => {
    const [top] = tree(false)
    let last = top
    for (let at = top; at?.isOnBestLine === true; at = at.children[0]) last = at
    expect(last?.row.id).toBe(best)
  })

  it("pruned, keeps the best and where it began, and counts all that is left out", () => {
    const whole = tree(false)
    const all = [...walk(whole)]
    for (const most of [1, 2, 5, 10, all.length, all.length + 5]) {
      const branches = [...walk(prune(whole, most, "minimize"))]
      expect(branches.length).toBe(Math.min(most, all.length))
      expect(branches.some(({ row }) => row.id === best) || most === 1).toBe(true)
      const hidden = branches.reduce((sum, branch) => sum + branch.hidden, 0)
      expect(hidden + branches.length).toBeLessThanOrEqual(all.length)
      // What is above all that is shown is counted nowhere in the tree.
      expect(hidden + branches.length === all.length || most === 1).toBe(true)
    }
  })

  it("begins anywhere, and ends at a depth", () => {
    const middle = [...walk(tree(false))].find(({ depth, children }) => depth === 3 && children.length > 0)
    const below = [...walk(tree(true, middle?.row.id))]
    expect(below[0]?.row.id).toBe(middle?.row.id)
    const ids = new Set(below.map(({ row }) => row.id))
    for (const { row } of below.slice(1)) expect(ids).toContain(row.parent)
    expect(Math.max(...[...walk(tree(false, undefined, 2))].map(({ depth }) => depth))).toBe(2)
  })
})

describe("spore graph", () => {
  it("fits the terminal, in width and height, whatever titles hold", async () => {
    for (const [columns, lines] of [
      [40, 12],
      [80, 24],
      [120, 40],
    ] as const) {
      const printed = await shown({}, columns, lines, "en_US.UTF-8")
      expect(printed.length).toBeLessThan(lines)
      for (const line of printed) {
        expect(textWidth(line)).toBeLessThanOrEqual(columns)
        // oxlint-disable-next-line no-control-regex -- what no line may hold
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/)
      }
      expect(printed.join("\n")).toContain("★")
      expect(/^… \d+ more/.test(printed.at(-1) ?? "") || lines > 12).toBe(true)
    }
  })

  it("leaves the goal out of a heading that has no room for it", async () => {
    const [wide] = await shown({}, 200, 24, "C.UTF-8")
    const [narrow] = await shown({}, 120, 24, "C.UTF-8")
    expect(wide).toContain("lower is better")
    expect(narrow).toMatch(/ · val_bpb · \d+ experiments · baseline /)
  })

  it("draws with ASCII alone where the terminal shows no more", async () => {
    const printed = await shown({}, 100, 30, "C")
    // oxlint-disable-next-line no-control-regex -- ASCII
    for (const line of printed) expect(line).toMatch(/^[\u0020-\u007e]*$/)
    expect(printed.join("\n")).toContain("# best")
  })

  it("draws one branch, or everything", async () => {
    const root = rows.find(({ id }) => rows.some(({ parent }) => parent === id))?.id ?? ""
    const branch = await shown({ all: true }, 120, 10, "C.UTF-8", shortId(root))
    expect(branch.slice(2).filter((line) => line.includes(shortId(root)))).toHaveLength(1)
    const everything = await shown({ all: true }, 120, 10, "C.UTF-8")
    expect(everything).toHaveLength(rows.length + 3)
    expect(everything.join("\n")).toMatch(/×/)
  })

  it("tells programs all of it", async () => {
    const kept = rows.filter(({ status }) => status === "keep").length
    const piped = await command(folder.path, run).piped()
    expect(piped[0]?.split("\t").slice(0, 4)).toEqual(["depth", "id", "kept_parent", "value"])
    expect(piped).toHaveLength(kept + 1)
    const json = await command(folder.path, run, [], { depth: 1 }).json()
    expect(json).toMatchObject({ best, total: rows.length, metric: { goal: "minimize" } })
    expect(json["experiments"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ tree_depth: 0, kept_parent: null, on_best_line: true })]),
    )
  })

  it("says which class, task or experiment is not known", async () => {
    const refusals = [
      command(folder.path, run, [], { task: "none" }),
      command(folder.path, run, [], { class: "none" }),
      command(folder.path, run, ["zzzzzzzz"]),
    ]
    for (const refused of refusals) await expect(refused.piped()).rejects.toMatchObject({ code: "not_found" })
  })
})
