import { verdictWords, withError } from "@spore/api/client"
import { describe, expect, it } from "vitest"
import { pluralNoun } from "../src/lib/format.ts"
import { residualWords, scoreWords, standingWords, valueWords } from "../src/lib/words.ts"

const metric = { min_effect: 0.001 }

describe("words", () => {
  it("say a value with its error where reruns tell one, both to the error's second digit", () => {
    expect(valueWords({ value: 3.18912, error: 0.00054 }, metric)).toBe("3.18912 ± 0.00054")
    expect(valueWords({ value: -5877.04, error: 4.89 }, metric)).toBe("\u22125877.0 ± 4.9")
    expect(valueWords({ value: 2.5, error: null }, metric)).toBe("2.5000")
    // Exact replay: there is no error to show.
    expect(valueWords({ value: 2.5, error: 0 }, metric)).toBe("2.5000")
    expect(valueWords({ value: null, error: null }, metric)).toBe("–")
    expect(withError(1234.5, 120)).toBe("1235 ± 120")
    expect(scoreWords({ value: null, error: null, outcome: "timeout", status: "crash" }, metric)).toBe("timed out")
  })

  it("say of a verdict how many keys agree of those that reran", () => {
    expect(verdictWords({ verdict: "unverified", reproduced_by: 0, voters: 0 })).toBe("unverified")
    expect(verdictWords({ verdict: "reproduced", reproduced_by: 2, voters: 2 })).toBe("reproduced 2/2")
    expect(verdictWords({ verdict: "suspect", reproduced_by: 1, voters: 2 })).toBe("suspect 1/2")
    expect(verdictWords({ verdict: "uncalibrated", reproduced_by: 0, voters: 1 })).toBe("uncalibrated –/1")
  })

  it("say how an experiment stands beside the frontier", () => {
    const none = { promoted: false, frontier: false, candidate: false }
    expect(standingWords({ ...none, promoted: true, frontier: true, candidate: true })).toBe("promoted")
    expect(standingWords({ ...none, frontier: true, candidate: true })).toBe("baseline")
    expect(standingWords({ ...none, candidate: true })).toBe("candidate")
    expect(standingWords(none)).toBe("")
  })

  it("count in the singular and the plural, and distances in standard deviations", () => {
    expect([0, 1, 2].map((count) => pluralNoun(count, "experiment"))).toEqual([
      "experiments",
      "experiment",
      "experiments",
    ])
    expect([8.14, -0.31, 0.01].map(residualWords)).toEqual(["8.1 sd worse", "0.3 sd better", "±0 sd"])
  })
})
