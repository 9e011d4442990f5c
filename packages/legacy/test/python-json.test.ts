import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compareCodePoints, floatRepr, parsePythonJson, printPythonJson, type PyJson } from "../src/index.ts"
import { codeOf } from "./fixtures.ts"

const text = fc.string({ unit: "binary" })
const { value: anyValue } = fc.letrec<{ value: PyJson }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<PyJson>(null, true, false),
    fc.bigInt(),
    fc.double(),
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie("value")), { maxLength: 4 }).map((members): PyJson => new Map(members)),
  ),
}))

describe("round trips", () => {
  test("what is printed reads back as the same value, and prints the same", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const printed = printPythonJson(value, "given")
        expect(parsePythonJson(printed)).toEqual(value)
        expect(printed).toMatch(/^[ -~]*$/)
        const sorted = printPythonJson(value, "sorted")
        expect(printPythonJson(parsePythonJson(sorted), "given")).toBe(sorted)
      }),
    )
  })

  test("JSON without numbers is read as JavaScript reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value)
        expect(JSON.parse(printPythonJson(parsePythonJson(json), "given"))).toEqual(JSON.parse(json))
      }),
    )
  })

  test("a double keeps all its bits", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Object.is(parsePythonJson(floatRepr(value)), value)).toBe(true)
        expect(floatRepr(value)).toMatch(/^(-?([0-9]+\.[0-9]+|[0-9](\.[0-9]+)?e[-+][0-9]{2,3}|Infinity)|NaN)$/)
      }),
    )
  })
})

test.each([
  [1, "1.0"],
  [-0, "-0.0"],
  [1e-5, "1e-05"],
  [1.25e-5, "1.25e-05"],
  [1e-4, "0.0001"],
  [1e15, "1000000000000000.0"],
  [9999999999999998, "9999999999999998.0"],
  [1e16, "1e+16"],
  [1e22, "1e+22"],
  [123456789.12345679, "123456789.12345679"],
  [5e-324, "5e-324"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
])("repr(%d) is %s", (value, repr) => {
  expect(floatRepr(value)).toBe(repr)
})

describe("as Python reads", () => {
  test.each<[string, PyJson]>([
    ["1", 1n],
    ["1.0", 1],
    ["-0", 0n],
    ["-0.0", -0],
    ["1E5", 100000],
    ["1e400", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    [" \t\r\n1 ", 1n],
    [`1${"0".repeat(40)}`, 10n ** 40n],
    [String.raw`"\ud83d\ude00\/\u00E9"`, "😀/é"],
    [String.raw`"\ud800x"`, "\ud800x"],
    [
      '{"a":1,"b":2,"a":3}',
      new Map([
        ["a", 3n],
        ["b", 2n],
      ]),
    ],
    ['{"__proto__":1}', new Map([["__proto__", 1n]])],
  ])("%s", (json, value) => {
    expect(parsePythonJson(json)).toEqual(value)
  })

  test.each([
    "",
    "[1,]",
    '{"a":1,}',
    "01",
    "1.",
    ".5",
    "+1",
    "-NaN",
    "nul",
    '"a\tb"',
    String.raw`"\x"`,
    "1 2",
    "{1:2}",
  ])("%j is none", (json) => {
    expect(codeOf(() => parsePythonJson(json))).toBe("bad_json")
  })

  test.each<[string, Uint8Array]>([
    ["broken UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["an encoded surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, 0x31])],
  ])("%s is none", (_name, bytes) => {
    expect(codeOf(() => parsePythonJson(bytes))).toBe("bad_json")
  })
})

test("hostile nesting and integers are refused before they cost anything", () => {
  expect(codeOf(() => parsePythonJson("[".repeat(1_000_000)))).toBe("too_deep")
  expect(codeOf(() => parsePythonJson('{"a":'.repeat(1_000_000)))).toBe("too_deep")
  expect(codeOf(() => parsePythonJson("9".repeat(1_000_000)))).toBe("bad_json")
})

test("keys are sorted by code point, not by UTF-16 unit", () => {
  const astral = "\u{10000}"
  const members = new Map<string, PyJson>([
    [astral, 1n],
    ["\uffff", 2n],
    ["b", 3n],
    ["a", 4n],
    ["ab", 5n],
    ["\ud800", 6n],
  ])
  expect([...members.keys()].toSorted(compareCodePoints)).toEqual(["a", "ab", "b", "\ud800", "\uffff", astral])
  expect(printPythonJson(members, "sorted")).toBe(
    String.raw`{"a":4,"ab":5,"b":3,"\ud800":6,"\uffff":2,"\ud800\udc00":1}`,
  )
})
