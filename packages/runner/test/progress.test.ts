import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseProgressLine, type ProgressLine } from "../src/index.ts"

const progress = (
  step: number | null,
  fraction: number | null,
  loss: number | null,
  remaining: number | null,
): ProgressLine => ({
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
    ["iter 100: loss 2.31, time 12.3ms, mfu 4.52%", progress(100, null, 2.31, null)],
    ["iter 0: loss 10.9919, time 41250.41ms", progress(0, null, 10.9919, null)],
    ["iter 5/10, loss=0.5", progress(5, 0.5, 0.5, null)],
    ["step 5/100", progress(5, 0.05, null, null)],
    ["Step: 5 / 100 - train loss: 2.5 - val loss: 2.6", progress(5, 0.05, 2.5, null)],
    ["step 500/100", progress(500, 1, null, null)],
    ["epoch 3/10", progress(null, 0.3, null, null)],
    ["Epoch [3/10], Step [50/100], Loss: 0.25", progress(50, 0.25, 0.25, null)],
    ["[12/200] loss 1.5", progress(12, 0.06, 1.5, null)],
    ["45%|████▌     | 45/100 [00:12<00:15,  3.56it/s]", progress(45, 0.45, null, 15)],
    ["train:  50%|##### | 1/2 [1:00:00<1:02:03, 3600.00s/it, loss=2.25]", progress(1, 0.5, 2.25, 3723)],
    ["  0%|          | 0/100 [00:00<?, ?it/s]", progress(0, 0, null, null)],
    ["step 5/0", null],
    ["epoch 3/0", null],
    ["0%| | 0/0 [00:00<?, ?it/s]", null],
    ["METRIC step=5", null],
    ["METRIC loss=2.31", null],
    ["num_steps: 953", null],
    ["iterations done", null],
    ["see [1/2] of the paper", null],
    ["step (50%)", null],
    ["step 12 of 100", null],
    ["val_bpb: 1.234", null],
    ["xstep 7 (50%)", null],
    ["", null],
    [`step 7 (50%) | ${"x".repeat(2000)}`, null],
  ])("%j", (line, expected) => {
    expect(parseProgressLine(line)).toEqual(expected)
  })

  it("is read from any text without an error, and with sane numbers", () => {
    const pieces = fc.constantFrom(
      "step ",
      "iter ",
      "epoch ",
      "loss: ",
      "|",
      "/",
      "[",
      "]",
      "(",
      "%)",
      "<",
      ":",
      " ",
      "12",
      "1e999",
    )
    const line = fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.array(pieces, { maxLength: 400 }).map((all) => all.join("")),
    )
    fc.assert(
      fc.property(line, (text) => {
        const read = parseProgressLine(text)
        if (read === null) return
        const { step, fraction, loss, remainingSeconds } = read
        expect(step ?? 0).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(loss ?? 0) && Number.isFinite(remainingSeconds ?? 0)).toBe(true)
        expect((fraction ?? 0) >= 0 && (fraction ?? 0) <= 1).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it.each(["step 1/", "[ ", "1%|", "loss ", "epoch [", "(", "-", "1", "iter 1", " "])(
    "costs no more for %j again and again than the bound of a line allows",
    (piece) => {
      const line = piece.repeat(1000 / piece.length)
      // an expression that backtracks would not come to an end here
      for (let i = 0; i < 1000; i++) parseProgressLine(line)
      expect(parseProgressLine(`${line}${"x".repeat(1001)}`)).toBeNull()
    },
  )
})
