import * as fc from "fast-check"
import { expect, test } from "vitest"
import { activeValues, parseTunables, type TunedValue, writeTunables } from "../src/index.ts"
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

const CONDITIONS = [
  'const KIND = "mlp" // @tune mlp | cnn | transformer',
  "const LAYERS = 1 // @tune 1..4 step 1 when KIND = transformer",
  "const HEADS = 2 // @tune 1..8 step 1 when LAYERS > 1",
  "const WIDTH = 3 # @tune 1..9 step 2 when KIND = mlp | cnn",
  "const PAD = 0 // @tune 0..1 when KIND != mlp",
  "const SMALL = 0 // @tune 0..1 when WIDTH < 4",
].join("\n")

test.each([
  [{}, ["KIND", "WIDTH", "SMALL"]],
  [{ WIDTH: 5 }, ["KIND", "WIDTH"]],
  [{ KIND: "cnn" }, ["KIND", "WIDTH", "PAD", "SMALL"]],
  [{ KIND: "transformer" }, ["KIND", "LAYERS", "PAD"]],
  [{ KIND: "transformer", LAYERS: 2 }, ["KIND", "LAYERS", "HEADS", "PAD"]],
  [{ LAYERS: 4 }, ["KIND", "WIDTH", "SMALL"]],
])("with %o, these constants have an effect: %o", (values, names) => {
  const active = activeValues(parseTunables(CONDITIONS), new Map<string, TunedValue>(Object.entries(values)))
  expect([...active.keys()]).toEqual(names)
})

test.each([
  "when OTHER = 1",
  "when KIND = rnn",
  "when KIND = mlp | rnn",
  "when KIND > 1",
  "when NUMBER = 3",
  "when NUMBER = many",
  "when NUMBER > 1 | 2",
  "when NUMBER",
  "when A = 1",
  "when LATER = 1",
  "when UNREADABLE = 1",
  "when TWICE = 1",
  "when KIND = mlp and more",
  "whenever KIND = mlp",
])("a mark with the condition %s is passed over", (condition) => {
  const text = [
    'const KIND = "mlp" // @tune mlp | cnn',
    "const NUMBER = 2 // @tune 0..8 step 2",
    "const UNREADABLE = 1 // @tune 1..1",
    "const TWICE = 1 // @tune 0..2",
    `const A = 1 // @tune 0..2 ${condition}`,
    "const LATER = 1 // @tune 0..2",
    "const TWICE = 1 // @tune 0..2",
  ].join("\n")
  expect(Object.keys(read(text))).toEqual(["KIND", "NUMBER", "LATER"])
})

test("constants without effect are those whose condition does not hold, however conditions are nested", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ on: fc.nat(1), needs: fc.nat(9) }), { maxLength: 10 }), (switches) => {
      const conditionOf = (i: number, needs: number): string => (needs < i ? ` when S${needs} = 1` : "")
      const text = switches.map(({ on, needs }, i) => `S${i} = ${on} # @tune 0..1 step 1${conditionOf(i, needs)}`)
      const isActive = (i: number): boolean => {
        const needs = switches[i]?.needs ?? 0
        return needs >= i || (switches[needs]?.on === 1 && isActive(needs))
      }
      const expected = switches.flatMap((_, i) => (isActive(i) ? [`S${i}`] : []))
      expect([...activeValues(parseTunables(text.join("\n"))).keys()]).toEqual(expected)
    }),
  )
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
      expect(after.map(({ name, domain, when }) => ({ name, domain, when }))).toEqual(
        before.map(({ name, domain, when }) => ({ name, domain, when })),
      )
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
