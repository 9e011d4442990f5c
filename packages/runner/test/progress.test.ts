import { describe, expect, it } from "vitest"
import { parseProgressLine, type ProgressLine } from "../src/index.ts"

const progress = (step: number, fraction: number, loss: number | null, remaining: number | null): ProgressLine => ({
  step,
  fraction,
  loss,
  remainingSeconds: remaining,
})

describe("a progress line", () => {
  it.each<[string, ProgressLine | null]>([
    [
      "step 00010 (1.0%) | loss: 5.123456 | tok/sec: 1,234,567 | epoch: 1 | remaining: 297s",
      progress(10, 0.01, 5.123456, 297),
    ],
    [
      "step 00953 (100.0%) | loss: 2.810000 | lrm: 0.00 | dt: 310ms | tok/sec: 1,690,000 | mfu: 39.8% | epoch: 1 | remaining: 0s    ",
      progress(953, 1, 2.81, 0),
    ],
    ["step 7 (50%) | loss: 1e-3", progress(7, 0.5, 1e-3, null)],
    ["  Step 7 ( 12.5 % ) | remaining: 1.5 s | loss: nan", progress(7, 0.125, null, 1.5)],
    ["step 7 (250%)", progress(7, 1, null, null)],
    ["step 7 (50%) | loss: 3.1 and more", progress(7, 0.5, null, null)],
    ["step 7 (50%) | loss: 1e999", progress(7, 0.5, null, null)],
    ["step (50%)", null],
    ["step 12 of 100", null],
    ["val_bpb: 1.234", null],
    ["xstep 7 (50%)", null],
    ["", null],
    [`step 7 (50%) | ${"x".repeat(2000)}`, null],
  ])("%j", (line, expected) => {
    expect(parseProgressLine(line)).toEqual(expected)
  })
})
