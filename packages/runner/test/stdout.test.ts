import * as fc from "fast-check"
import { expect, test } from "vitest"
import { readPrinted } from "../src/evaluators/stdout.ts"

const read = (...lines: string[]): Record<string, number> => Object.fromEntries(readPrinted(lines.join("\n")))

test("the last METRIC of each name counts", () => {
  expect(read("METRIC a=1", "METRIC b=-2.5e3", "noise", "METRIC a=3")).toEqual({ a: 3, b: -2500 })
})

test("the last block counts, and only its own lines", () => {
  const block = (bpb: number): string[] => ["---", `val_bpb:          ${bpb}`, "num_steps:        953", ""]
  expect(read(...block(1), "step 2", ...block(0.9979), "loss: 7")).toEqual({ val_bpb: 0.9979, num_steps: 953, loss: 7 })
  expect(read(...block(1), "done", "loss: 7")).toEqual({ val_bpb: 1, num_steps: 953 })
  expect(read("loss: 7")).toEqual({})
})

test.each([
  ["nan", Number.NaN],
  ["inf", Infinity],
  ["-Infinity", -Infinity],
  ["+1.", 1],
  [".5", 0.5],
  ["1e5", 1e5],
])("%s is a number", (text, value) => {
  expect(read(`METRIC a=${text}`)).toEqual({ a: value })
})

test.each(["METRIC a=1 2", "METRIC a", "METRIC =1", "METRIC a=0x10", "METRIC a=1s", "METRIC 1=1", "metric a=1"])(
  "%j is no result",
  (line) => {
    expect(read(line)).toEqual({})
  },
)

test("what was written is read back, among whatever else was printed", () => {
  const pair = fc.tuple(
    fc.stringMatching(/^[a-z_]{1,20}$/),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  )
  const noise = fc.string({ unit: "binary-ascii" }).filter((text) => !/METRIC|---/.test(text))
  fc.assert(
    fc.property(pair, noise, noise, ([name, value], before, after) => {
      expect(readPrinted(`${before}\nMETRIC ${name}=${value}\n${after}`).get(name)).toBe(value)
    }),
  )
})
