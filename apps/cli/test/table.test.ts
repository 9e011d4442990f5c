import { describe, expect, test } from "vitest"
import { alignedTable, type Column, printFields, printTable, tsv } from "../src/output/table.ts"
import { fit, pad, textWidth, wrap } from "../src/output/text-width.ts"
import { fakeTerminal } from "./support/terminal.ts"

interface Row {
  name: string
  n: number | null
}

const COLUMNS: readonly Column<Row>[] = [
  { key: "name", value: ({ name }) => name, flexible: true },
  { key: "how_many", value: ({ n }) => n, show: ({ n }) => (n === null ? "–" : `${n} x`), align: "right" },
  { key: "secret", value: () => "s", programsOnly: true },
]
const ROWS: readonly Row[] = [
  { name: "short", n: 1 },
  { name: "a name\tof \u001b[31msome length", n: null },
]

test("programs get tab-separated values with a heading, raw and one row a line", () => {
  expect(tsv(COLUMNS, ROWS)).toEqual(["name\thow_many\tsecret", "short\t1\ts", "a name of some length\t\ts"])
})

test("people get columns below each other", () => {
  expect(alignedTable(COLUMNS, ROWS, 80)).toEqual([
    "NAME                   HOW MANY",
    "short                       1 x",
    "a name of some length         –",
  ])
})

test("the flexible column gives way on a narrow terminal", () => {
  const lines = alignedTable(COLUMNS, ROWS, 22)
  expect(lines.map(textWidth)).toEqual([22, 22, 22])
  expect(lines[2]).toBe("a name of s…         –")
})

test("then the widest text gives way, and numbers never", () => {
  const columns: readonly Column<Row>[] = [
    { key: "name", value: ({ name }) => name, flexible: true },
    { key: "class", value: () => "c".repeat(40) },
    { key: "state", value: () => "reproduced 3/4" },
    { key: "n", value: () => 1234567890123, align: "right" },
  ]
  const [, line = ""] = alignedTable(columns, ROWS, 52)
  expect(line).toBe("short     cccccccccc…  reproduced 3/4  1234567890123")
})

test("the form follows the output", () => {
  const terminal = fakeTerminal(80)
  printTable(terminal.output, COLUMNS, ROWS)
  printFields(terminal.output, [
    ["a", "1"],
    ["long", "2\u202e"],
  ])
  expect(terminal.lines().slice(3)).toEqual(["a     1", "long  2"])
  printFields({ ...terminal.output, isTerminal: false }, [["a", "1"]])
  expect(terminal.taken()).toMatch(/a\t1\n$/)
})

describe("widths", () => {
  test("count what a terminal shows", () => {
    expect(textWidth("ab\u001b[31mc\u001b[0m")).toBe(3)
    expect(textWidth("学習")).toBe(4)
  })

  test.each([
    ["abcdef", 4, "abc…"],
    ["abcd", 4, "abcd"],
    ["学習率", 4, "学…"],
    ["abc", 0, ""],
  ])("%j in %i columns is %j", (text, width, cut) => {
    expect(fit(text, width)).toBe(cut)
  })

  test("padding fills to the column's end", () => {
    expect(pad("学", 4)).toBe("学  ")
    expect(pad("7", 3, "right")).toBe("  7")
  })

  test.each([
    ["one two three", 8, ["one two", "three"]],
    ["go https://x.example/ on", 8, ["go", "https://", "x.exampl", "e/ on"]],
    ["学習率学習", 5, ["学習", "率学", "習"]],
    // No-break spaces: broken by the terminal, what comes after them would begin a line of its own.
    ["title\u00a0\u00a0\u00a0state", 8, ["title\u00a0\u00a0\u00a0", "state"]],
    ["学", 1, ["学"]],
  ])("%j wrapped at %i", (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines)
  })
})
