import { type Verdict, verdictWords } from "@spore/api/client"
import { describe, expect, it } from "vitest"
import { pluralNoun } from "../src/lib/format.ts"
import {
  classWords,
  neededWords,
  noiseWords,
  residualWords,
  scoreWords,
  standingWords,
  taskArgument,
  trustWords,
  valueWords,
} from "../src/lib/words.ts"

const metric = { min_effect: 0.001 }

describe("words", () => {
  it("say a value with its error where reruns tell one, both to the error's second digit", () => {
    expect(valueWords({ value: 3.18912, error: 0.00054 }, metric)).toBe("3.18912 ± 0.00054")
    expect(valueWords({ value: -5877.04, error: 4.89 }, metric)).toBe("\u22125877.0 ± 4.9")
    expect(valueWords({ value: 2.5, error: null }, metric)).toBe("2.5000")
    // Exact replay: there is no error to show.
    expect(valueWords({ value: 2.5, error: 0 }, metric)).toBe("2.5000")
    expect(valueWords({ value: null, error: null }, metric)).toBe("–")
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

  it("say what a candidate still needs, and why the best can be trusted", () => {
    const of = (verdict: Verdict, voters: number): string => neededWords({ verdict, voters })
    expect(of("unverified", 0)).toBe("needs reruns by 2 other keys")
    expect(of("reproduced", 1)).toBe("needs a rerun by 1 more key")
    expect(of("suspect", 1)).toBe("reruns disagree: more keys must rerun it")
    expect(of("uncalibrated", 2)).toBe("the noise of this class must be known better")
    expect(of("regressed", 2)).toBe("reruns do not show it better than what it builds on")
    const best = { promoted: false, frontier: false, voters: 0 }
    expect(trustWords(best, 1)).toContain("Only a claim")
    expect(trustWords({ ...best, voters: 2 }, 1)).toContain("Not promoted yet")
    expect(trustWords({ ...best, frontier: true }, 1)).toContain("baseline")
    expect(trustWords({ ...best, frontier: true, promoted: true }, 3)).toMatch(/^Promoted: .* 3 tied/)
    expect(trustWords(null, 0)).toContain("Nothing of this class has a value yet")
  })

  it("say what the parts of a class are, and how noisy it is", () => {
    expect(classWords("x64/26.10.0", ["arch", "runtime.node"])).toBe("arch x64 · node 26.10.0")
    expect(classWords("rtx_4090", [])).toBe("rtx_4090")
    expect(classWords("?", ["arch", "os"])).toBe("withheld here")
    expect(classWords("", [])).toBe("")
    expect(noiseWords({ sd: 0.0012345, df: 12 }, "noisy")).toBe("noise sd 0.0012, 12 degrees of freedom")
    expect([noiseWords(null, "noisy"), noiseWords(null, "exact")]).toEqual(["noise not known yet", ""])
  })

  it("name a task in a command so that it can be pasted", () => {
    const id = "bafyreifzvlrc6ctpywokjaobqpjvi6wnjscfpb6y56bcf55kozge253fca"
    expect(taskArgument({ name: "char-lm_2.1", id })).toBe("char-lm_2.1")
    expect(["a; rm -rf ~", "-rf", "$(x)", "zwei Worte"].map((name) => taskArgument({ name, id }))).toEqual(
      Array.from({ length: 4 }, () => "fzvlrc6c"),
    )
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
