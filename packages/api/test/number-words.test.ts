import { describe, expect, test } from "vitest"
import { formatDelta, formatMeasured, formatPercent, formatValue } from "../src/number-words.ts"

describe("numbers, as terminal and explorer write them", () => {
  test.each([
    [2.87104, 0.001, "2.8710"],
    [12345.678, 10, "12346"],
    [40, 0.001, "40.0000"],
    [-1.5, 0.1, "\u22121.50"],
    [-0.00001, 0.01, "0.000"],
    // Without a least effect: five digits.
    [0.000123456, 0, "0.00012346"],
    [2.38361, 0, "2.3836"],
    [54321.06, 0, "54321"],
    [0, 0, "0.0000"],
    // What no list has room for, and what would read as nothing.
    [2e9, 0.001, "2.000e+9"],
    [-1e300, 0, "\u22121.000e+300"],
    [1.2e-12, 0, "1.200e-12"],
    [null, 0.1, "–"],
    [undefined, 0.1, "–"],
  ])("%s with least effect %s is %s", (value, minEffect, text) => {
    expect(formatValue(value, minEffect)).toBe(text)
  })

  test.each([
    [3.18912, 0.00054, "3.18912 ± 0.00054"],
    [-5877.04, 4.89, "\u22125877.0 ± 4.9"],
    [1234.5, 120, "1235 ± 120"],
    // Exact replay has no error to show.
    [2.5, 0, "2.5000"],
    [2.5, null, "2.5000"],
    [null, 0.1, "–"],
  ])("%s with error %s is %s", (value, error, text) => {
    expect(formatMeasured(value, error, 0.001)).toBe(text)
  })

  test.each([
    [-0.1234, 0.001, "\u22120.1234"],
    [0.5, 0.001, "+0.5000"],
    [0.00001, 0.001, "±0"],
    [1e-12, 0, "+1.000e-12"],
  ])("the difference %s is %s of %s", (delta, minEffect, text) => {
    expect(formatDelta(delta, minEffect)).toBe(text)
  })

  test.each([
    [-0.0123, "\u22121.23 %"],
    [0.1456, "+14.6 %"],
    [12, "+1200 %"],
    [-0.00001, "±0 %"],
    [0, "±0 %"],
    [-1e305, "\u22121.000e+307 %"],
  ])("the share %s is %s", (share, text) => {
    expect(formatPercent(share)).toBe(text)
  })
})
