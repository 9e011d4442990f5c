import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { type Cell, cell, grid, shareBar, type Table } from "../src/block.ts"
import { tablesAsMarkdown, tablesIn, withTables } from "../src/document.ts"
import { runBlock } from "../src/simulations.ts"
import { TABLES } from "../src/verify/tables.ts"

const MAIN = new URL("../src/main.ts", import.meta.url).pathname
const DOCUMENT = new URL("../../../docs/verification.md", import.meta.url)
const TINY = 0.02

function run(table: Table, { scale = TINY, seed = 1, only = "" } = {}): Cell[] {
  return table
    .blocks({ scale })
    .filter(({ name }) => name.startsWith(only))
    .flatMap(({ name }) => runBlock({ simulation: "verify", table: table.name, block: name, scale, seed }))
}

function tableNamed(name: string): Table {
  const found = TABLES.find((table) => table.name === name)
  if (found === undefined) throw new TypeError(`no table ${name}`)
  return found
}

/** Mean over the cells of a column, or of all. */
function meanOf(cells: readonly Cell[], column?: string): number {
  const values = cells.filter((c) => column === undefined || c.column === column).map(({ row }) => row.value)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe("the simulation of verdicts", () => {
  it.each(TABLES)("makes the table $name whole", (table) => {
    const cells = run(table)
    const places = cells.map(({ line, column }) => `${line} | ${column}`)
    expect(new Set(places).size).toBe(places.length)
    expect(cells.every(({ row }) => row.suite === table.name && Number.isFinite(row.value))).toBe(true)
  })

  it("gives the same rows for the same seed, and others for another", () => {
    const table = tableNamed("dishonest-verifiers")
    const first = run(table, { only: "6 of" })
    expect(run(table, { only: "6 of" })).toEqual(first)
    expect(run(table, { only: "6 of", seed: 2 })).not.toEqual(first)
  })

  it("refutes honest claims no more often than the bar allows", () => {
    const cells = run(tableNamed("honest-claims"), { scale: 0.2, only: "df 40, best of 100" })
    expect(cells.every(({ row }) => row.pass)).toBe(true)
    expect(meanOf(cells)).toBeLessThan(0.7)
  })

  it("promotes what has no effect no more often than the bar allows, and the greedy rule far more often", () => {
    const cells = run(tableNamed("false-promotions"), { scale: 0.3, only: "df 40, baseline by 10" })
    expect(meanOf(cells, "n = 10")).toBeLessThan(1)
    const greedy = run(tableNamed("false-promotions"), { only: "greedy" })
    expect(meanOf(greedy, "n = 10")).toBeGreaterThan(3)
  })

  it("catches what is fabricated by far, and lets it gain nothing", () => {
    const rerun = run(tableNamed("fabrications"), { scale: 0.3, only: "8 sd, df 40" })
    expect(meanOf(rerun, "4 keys")).toBeGreaterThan(90)
    const scheduled = run(tableNamed("scheduled-fabrications"), { scale: 0.5, only: "8 sd, df 40, 10 keys" })
    expect(meanOf(scheduled, "refuted")).toBeGreaterThan(80)
    expect(meanOf(scheduled, "promoted")).toBe(0)
  })

  it("runs by its command, on threads, and writes rows as JSON", async () => {
    const folder = await mkdtemp(join(tmpdir(), "spore-sim-"))
    try {
      const json = join(folder, "rows.json")
      const command = [MAIN, "verify", "--table", "calibration", "--seed", "3", "--json", json]
      const { stdout } = await promisify(execFile)(process.execPath, command)
      expect(stdout).toContain("calibration")
      const direct = run(tableNamed("calibration"), { scale: 1, seed: 3 }).map(({ row }) => row)
      expect(await readFile(json, "utf8")).toBe(`${JSON.stringify(direct, null, 2)}\n`)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("refuses a simulation that it does not know", async () => {
    const failed = promisify(execFile)(process.execPath, [MAIN, "weather"])
    await expect(failed).rejects.toThrow("pnpm sim verify")
  })
})

describe("docs/verification.md", () => {
  it("holds every table in the form in which the command writes it", async () => {
    const text = tablesIn(await readFile(DOCUMENT, "utf8")) ?? ""
    for (const table of TABLES) {
      const written = tablesAsMarkdown([{ table, cells: run(table) }], "")
      const [, ...section] =
        text
          .split("### ")
          .filter((part) => part.startsWith(`${table.title}\n`))[0]
          ?.split("\n") ?? []
      expect(section.join("\n")).toContain(table.about)
      const [head = [], , ...lines] = rowsOf(section.join("\n"))
      const [writtenHead = [], , ...writtenLines] = rowsOf(written)
      // A table over time ends early in a trial.
      expect(head.slice(0, writtenHead.length)).toEqual(writtenHead)
      expect(lines.map(([line]) => line)).toEqual(writtenLines.map(([line]) => line))
      expect(lines.flatMap(([, ...figures]) => figures).every((figure) => FIGURE.test(figure))).toBe(true)
    }
  })

  it("is changed only between the marks", () => {
    const text = "before\n\n<!-- tables of verify: made -->\n\nold\n\n<!-- end of tables -->\n\nafter\n"
    const changed = withTables(text, "new $& figures")
    expect(changed).toBe(text.replace("old", () => "new $& figures"))
    expect(tablesIn(changed ?? "")).toBe("new $& figures")
    expect(withTables("no marks", "new")).toBeNull()
  })

  it("shows in bold what misses its bar by more than chance", () => {
    const bar = shareBar(0.5, 1000)
    const cells = [
      cell("t", ["a", "x"], "%", 1.1, bar),
      cell("t", ["a", "y"], "%", 1.2, bar),
      cell("t", ["b", "y"], "reruns", 2),
    ]
    expect(grid("case", cells)).toBe(
      [
        "| case |      x |          y |",
        "| ---- | -----: | ---------: |",
        "| a    | 1.10 % | **1.20 %** |",
        "| b    |        |       2.00 |",
      ].join("\n"),
    )
  })
})

const FIGURE = /^(\*\*)?(-?[\d.]+( %)?)?(\*\*)?$/

/** The cells of a Markdown table. */
function rowsOf(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"))
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((part) => part.trim()),
  )
}
