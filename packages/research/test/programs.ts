import * as fc from "fast-check"
import type { TunedValue } from "../src/index.ts"

const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8)
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/)

/** A marked constant, without its name: what stands there, the mark, and another value that may stand there. */
const constant: fc.Arbitrary<{ literal: string; mark: string; other: TunedValue }> = fc.oneof(
  fc.tuple(number, number, number).map((three) => {
    const [low = 0, value = 0, high = 0] = three.toSorted((a, b) => a - b)
    return { literal: `${value}`, mark: `${low}..${high + 1}`, other: high }
  }),
  fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(9), fc.nat(9)).map(([step, at, to]) => ({
    literal: `${step * at}`,
    mark: `0..${step * 10} step ${step}`,
    other: step * to,
  })),
  fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })).map(([value, other]) => ({
    literal: `${value / 100}`,
    mark: "0.001..1e2 log",
    other,
  })),
  fc
    .tuple(fc.uniqueArray(word, { minLength: 2, maxLength: 5 }), fc.nat(), fc.nat(), fc.constantFrom('"', "'"))
    .map(([options, at, to, quote]) => ({
      literal: `${quote}${options[at % options.length]}${quote}`,
      mark: options.join(" | "),
      other: options[to % options.length] ?? "",
    })),
)

/** A line with a marked constant. */
export const marked: fc.Arbitrary<{ name: string; line: string; other: TunedValue }> = fc
  .record({
    name: fc.stringMatching(/^[A-Z][A-Z_]{0,6}$/),
    head: fc.constantFrom("const ", "  let ", "export const ", "", "\t"),
    gap: fc.constantFrom(" // ", "; // ", " # ", "//"),
    constant,
  })
  .map(({ name, head, gap, constant: { literal, mark, other } }) => ({
    name,
    line: `${head}${name} = ${literal}${gap}@tune ${mark}`,
    other,
  }))

/** A program with marked constants among other lines, and other values for some of them. */
export const markedPrograms: fc.Arbitrary<{ text: string; values: Map<string, TunedValue> }> = fc
  .record({
    constants: fc.uniqueArray(marked, { selector: ({ name }) => name, maxLength: 8 }),
    others: fc.array(
      fc.string().map((line) => line.replaceAll("@", "")),
      { minLength: 9, maxLength: 9 },
    ),
    changed: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    conditional: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    newline: fc.constantFrom("\n", "\r\n"),
  })
  .map(({ constants, others, changed, conditional, newline }) => ({
    text: others
      .flatMap((other, i) => {
        const [own, before] = [constants[i], constants[i - 1]]
        const condition =
          conditional[i] === true && before !== undefined ? ` when ${before.name} = ${before.other}` : ""
        return [other, own === undefined ? "" : `${own.line}${condition}`]
      })
      .join(newline),
    values: new Map(constants.filter((_, i) => changed[i]).map(({ name, other }) => [name, other])),
  }))
