import * as fc from "fast-check"
import { expect, test } from "vitest"
import { parseTunables, type TunedValue, writeTunables } from "../src/index.ts"
import { marked, markedPrograms } from "./programs.ts"

function read(text: string): Record<string, TunedValue> {
  return Object.fromEntries(parseTunables(text).map(({ name, value }) => [name, value]))
}

test.each([
  [
    "const RATE = 0.01 // @tune 0.001..0.1 log",
    0.01,
    { kind: "range", low: 0.001, high: 0.1, scale: "log", step: null },
  ],
  ["let rate=.5;//@tune 0..1", 0.5, { kind: "range", low: 0, high: 1, scale: "linear", step: null }],
  ["export const N = 8 // @tune 2..16 step 2", 8, { kind: "range", low: 2, high: 16, scale: "linear", step: 2 }],
  ["  OFFSET = -1e-3  # @tune -1..+1", -0.001, { kind: "range", low: -1, high: 1, scale: "linear", step: null }],
  ['const KIND = "relu" // @tune tanh | relu', "relu", { kind: "choice", options: ["tanh", "relu"] }],
  ["kind = 'a-b' # @tune a-b|c.d", "a-b", { kind: "choice", options: ["a-b", "c.d"] }],
  ["const LAYERS = 2 // @tune 1 | 2 | 4\r", "2", { kind: "choice", options: ["1", "2", "4"] }],
])("%s is a mark", (text, value, domain) => {
  expect(parseTunables(text)).toEqual([expect.objectContaining({ value, domain })])
})

test.each([
  "const RATE = 0.01 // tune 0.001..0.1",
  "const RATE = 0.5 // @tune 0.001..0.1",
  "const RATE = 0.01 // @tune 0.1..0.001",
  "const RATE = 0.01 // @tune 0..0.1 log",
  "const RATE = 0.01 // @tune 0.001..0.1 step 1",
  "const RATE = 0.01 // @tune 0.001..0.1 step 0",
  "const RATE = 0.01 // @tune 0..1 and more",
  "const RATE = 0.01 // @tune 0..1e999",
  "const N = 3 // @tune 2..16 step 2",
  "const N = 3 // @tune 3 | many",
  'const KIND = "gelu" // @tune tanh | relu',
  'const KIND = "tanh" // @tune tanh',
  'const KIND = "tanh" // @tune tanh | tanh',
  'const KIND = "1" // @tune 0..2',
  "const RATE = rate // @tune 0..1",
  "const RATE = 0.01 + 1 // @tune 0..1",
  "if (RATE == 0.01) // @tune 0..1",
  `const RATE = 0.5${" ".repeat(500)}// @tune 0..1`,
])("%s is passed over", (text) => {
  expect(parseTunables(text)).toEqual([])
})

test("a name that comes twice is passed over, wherever", () => {
  const text =
    "const A = 1 // @tune 0..2\nconst B = 1 // @tune 0..2\nconst A = 2 // @tune 0..2\nconst A = 0 // @tune 0..2"
  expect(read(text)).toEqual({ B: 1 })
})

test("lines made to be slow to match are not", () => {
  const spaces = " ".repeat(1_000_000)
  expect(parseTunables(`const A = 1${spaces}// @tune 0..1\nconst B = 1 // @tune 0..1${spaces}!`)).toEqual([])
})

test("writing a value changes its literal and nothing else", () => {
  const text =
    'a = 1\nconst RATE = 0.01; // @tune 0.001..0.1 log\nconst KIND = "relu"\t// @tune tanh | relu\r\nRATE // 0.01\n'
  const written = writeTunables(
    text,
    new Map<string, TunedValue>([
      ["RATE", 0.05],
      ["KIND", "tanh"],
      ["a", 2],
    ]),
  )
  expect(written).toBe(text.replace("RATE = 0.01", "RATE = 0.05").replace('"relu"', '"tanh"'))
})

test("whatever is written is read again, and everything between the literals stays", () => {
  fc.assert(
    fc.property(markedPrograms, ({ text, values }) => {
      const before = parseTunables(text)
      const written = writeTunables(text, values)
      const after = parseTunables(written)
      expect(after.map(({ name, domain }) => [name, domain])).toEqual(before.map(({ name, domain }) => [name, domain]))
      expect(read(written)).toEqual({ ...read(text), ...Object.fromEntries(values) })
      expect(between(written, after)).toEqual(between(text, before))
    }),
  )
})

test("writing what stands there changes nothing of meaning, and writing back restores the text", () => {
  fc.assert(
    fc.property(markedPrograms, ({ text, values }) => {
      const original = new Map(Object.entries(read(text)))
      const canonical = writeTunables(text, original)
      expect(writeTunables(writeTunables(canonical, values), original)).toBe(canonical)
    }),
  )
})

test("no text makes the reader fail", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          marked.map(({ line }) => line),
        ),
      ),
      (lines) => {
        const text = lines.join("\n")
        expect(writeTunables(text, new Map())).toBe(text)
      },
    ),
  )
})

function between(text: string, tunables: ReturnType<typeof parseTunables>): string[] {
  const ends = [0, ...tunables.map(({ end }) => end)]
  const starts = [...tunables.map(({ start }) => start), text.length]
  return starts.map((start, i) => text.slice(ends[i], start))
}
