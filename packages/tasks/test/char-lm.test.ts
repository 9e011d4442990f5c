import { expect, test } from "vitest"
import { evaluate, program } from "./char-lm.ts"

test("the baseline learns, is scored, and gives the same bits again", async () => {
  const first = await evaluate({ steps: 40, heldOut: 3200 })
  expect(first).toMatchObject({ exitCode: 0, error: null })
  expect(first.metrics).toMatchObject({ num_steps: 40, eval_chars: 3200, num_params: 14_347, val_bpb: first.score })
  expect(first.score).toBeGreaterThan(2)
  expect(first.score).toBeLessThan(5)
  expect(first.feedback).toMatch(/^val_bpb \d\.\d{4} on 3200 characters after 40 steps\.\n/)

  const again = await evaluate({ steps: 40, heldOut: 3200 })
  expect(again.metrics).toEqual(first.metrics)
  expect(again.feedback).toBe(first.feedback)
})

test("its lines show progress", async () => {
  const { stdout, score } = await evaluate({ files: { "train.mjs": program() } })
  expect(stdout).toMatch(/^step 00002 \(100\.0%\) \| loss: \d\.\d{6} \| remaining: 0s$/m)
  expect(score).toBeCloseTo(6.228819, 6)
})

test.each([
  ["a uniform prediction", ""],
  ["a uniform prediction that sums to more than 1", "distributions.fill(3e38)"],
])("%s costs the logarithm of the number of symbols", async (_, predict) => {
  const { score } = await evaluate({ files: { "train.mjs": program({ predict }) } })
  expect(score).toBeCloseTo(Math.log2(75), 10)
})

test("being sure and wrong has a bounded price", async () => {
  const predict =
    "distributions.fill(0); for (let s = 0; s < shape.streams; s++) distributions[s * shape.vocab + 18] = 1"
  const { error, score } = await evaluate({ files: { "train.mjs": program({ predict }) } })
  expect(error).toBeNull()
  expect(score).toBeGreaterThan(20)
  expect(score).toBeLessThan(Math.log2(75 * 1e6) + 0.01)
})

test.each([
  ["NaN", "distributions[7] = NaN", "a predicted probability is NaN"],
  ["infinite", "distributions[7] = Infinity", "a predicted probability is Infinity"],
  ["negative", "distributions[7] = -1", "a predicted probability is -1"],
  ["zero everywhere", "distributions.fill(0)", "a predicted distribution is zero everywhere"],
])("a distribution that is %s is incorrect", async (_, predict, error) => {
  const evaluation = await evaluate({ files: { "train.mjs": program({ predict }) } })
  expect(evaluation).toMatchObject({ exitCode: 0, error, score: undefined })
})

test("a loss that is no number ends the run", async () => {
  const { error } = await evaluate({ files: { "train.mjs": program({ step: "return NaN" }) } })
  expect(error).toBe("training diverged: the loss of step 0 is NaN")
})

test.each([
  ["throws", { step: "throw new TypeError('no good')" }, "TypeError: no good (train.mjs:7)"],
  ["predicts too little", { predict: "return distributions.subarray(1)" }, "predict() gave 2399 numbers, not 32 × 75"],
  ["is no JavaScript", { top: "const = 1" }, "SyntaxError"],
  ["takes its input arrays apart", { step: "symbols.buffer.transfer()" }, "detached ArrayBuffer"],
])("a program that %s is incorrect, and it is said why", async (_, parts, message) => {
  const { exitCode, error } = await evaluate({ files: { "train.mjs": program(parts) } })
  expect(exitCode).toBe(0)
  expect(error).toContain(message)
})

test.each(["create", "step", "predict", "observe"])("a hang in %s ends", async (where) => {
  const { error } = await evaluate({ files: { "train.mjs": program({ [where]: "for (;;)" }) }, seconds: 1 })
  expect(error).toBe("not finished after 1 s")
})
