import type { StateFacts } from "@spore/records"
import { describe, expect, it } from "vitest"
import { anchoredTrust, createVerdicts, openTrust, type TrustPolicy } from "../src/index.ts"
import { calibration, claimOf, exact, judge, measured, noisy, stateOf } from "./scene.ts"

const anchored = createVerdicts({ trust: anchoredTrust({ anchors: new Set(["me"]) }) })

/** States that this node and another key both reran; it agrees on all but the last `lies`. */
function shared(key: string, states: number, lies = 0): StateFacts[] {
  return Array.from({ length: states }, (_, i) =>
    stateOf([measured(`${i}m`, "me", 1), measured(`${i}k`, key, i < states - lies ? 1 : 2)], { code: `${key}${i}` }),
  )
}

const sybils = Array.from({ length: 9 }, (_, i) => measured(`s${i}`, `sybil${i}`, 1))

describe("anchored/1", () => {
  it("counts no key that shares no state with an anchor", () => {
    const praised = stateOf([claimOf(1), ...sybils])
    expect(judge([praised], exact)).toMatchObject({ state: "reproduced", voters: 9 })
    expect(judge([praised], exact, anchored)).toMatchObject({ state: "unverified", voters: 0, value: 1 })
  })

  it("decides by this node's own rerun against any number of free keys", () => {
    const contested = stateOf([claimOf(1), ...sybils, measured("m", "me", 2)])
    expect(judge([contested], exact).state).toBe("reproduced")
    expect(judge([contested], exact, anchored)).toMatchObject({ state: "refuted", voters: 1, value: 2 })
  })

  it("trusts a key by its agreement with anchors, and less by one lie", () => {
    const slandered = stateOf([claimOf(1), measured("b", "bob", 2)])
    const verdictAfter = (states: number, lies = 0): string =>
      judge([...shared("bob", states, lies), slandered], exact, anchored).state
    expect(verdictAfter(4)).toBe("suspect")
    const weighed = anchoredTrust({ anchors: new Set(["me"]) })
    const weightAfter = (states: number, lies = 0): number => {
      const context = { noise: null, df: 0, baselines: null, weigh: () => 1, quorum: 2 }
      return weighed.weigh(exact, shared("bob", states, lies), context)("bob")
    }
    expect([weightAfter(0), weightAfter(4), weightAfter(36)]).toEqual([0, 0.5, 0.9])
    expect(weightAfter(16, 1)).toBeCloseTo(11 / 20)
    expect(weightAfter(5, 1)).toBe(0)
  })

  it("learns from noisy reruns only once the noise is known", () => {
    const contested = stateOf([claimOf(1), measured("b", "bob", 1)])
    const together = shared("bob", 6)
    expect(judge([...together, contested], noisy, anchored).voters).toBe(0)
    expect(judge([...calibration(20), ...together, contested], noisy, anchored).voters).toBe(1)
  })

  it("names itself, and never speaks for the shared policy", () => {
    expect([openTrust.name, anchored.policy, createVerdicts().policy]).toEqual(["open/1", "anchored/1", "open/1"])
    expect(anchored.scope(exact)).toBe("class")
    expect(createVerdicts().scope(exact)).toBe("state")
  })
})

describe("a trust policy of one's own", () => {
  it("weighs votes, and what it leaves out has none", () => {
    const halves: TrustPolicy = { name: "halves/1", quorum: 1, weigh: () => (key) => (key === "carol" ? 0 : 0.5) }
    const verdicts = createVerdicts({ trust: halves })
    const votes = [measured("b", "bob", 2), measured("c", "carol", 1), measured("d", "dan", 2)]
    expect(judge([stateOf([claimOf(1), ...votes])], exact, verdicts)).toMatchObject({ state: "refuted", voters: 2 })
    expect(judge([stateOf([claimOf(1), ...votes.slice(0, 2)])], exact, verdicts)).toMatchObject({ state: "suspect" })
  })
})
