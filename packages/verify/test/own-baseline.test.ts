import type { StateFacts } from "@spore/records"
import { describe, expect, it } from "vitest"
import { classContext, createVerdicts } from "../src/index.ts"
import { claimOf, judge, measured, noisy, stateOf, timed } from "./scene.ts"

/** Hosts whose speed differs far more than their runs do. */
const SPEED = { author: 0, bob: 50, carol: -30, dan: 7, eve: 20 }
type Host = keyof typeof SPEED
const HOSTS: readonly Host[] = ["author", "bob", "carol", "dan", "eve"]

const baseline = stateOf(
  HOSTS.map((host) => measured(`root ${host}`, host, 100 + SPEED[host], "experiment")),
  { code: "a", baseline: true },
)

/** Nine states that two hosts each reran: runs of the same code differ by sd 1 beside the hosts' speeds. */
const calibrated: StateFacts[] = Array.from({ length: 9 }, (_, i) => {
  const [a, b] = [HOSTS[1 + (i % 4)] ?? "bob", HOSTS[1 + ((i + 1) % 4)] ?? "bob"]
  return stateOf([measured(`${i}a`, a, 90 + SPEED[a]), measured(`${i}b`, b, 90 + SPEED[b] + Math.SQRT2)], {
    code: `c${i}`,
  })
})

const rerun = (hosts: readonly Host[], score: number): StateFacts =>
  stateOf([claimOf(80), ...hosts.map((host) => measured(`by ${host}`, host, score + SPEED[host]))])

const stranger = { id: "s", key: "stranger" }

describe("tasks that compare to own baselines", () => {
  it("judge a slow host by what it gained over its own baseline", () => {
    expect(judge([baseline, ...calibrated, rerun(["bob", "eve"], 80)], timed)).toMatchObject({
      state: "reproduced",
      reproducedBy: 2,
      noise: { sd: 0.949, df: 10 },
    })
    expect(judge([baseline, ...calibrated, rerun(["bob", "carol"], 90)], timed).state).toBe("refuted")
    // The same facts without the comparison: every host is a liar or a lucky one.
    expect(judge([baseline, ...calibrated, rerun(["bob", "eve"], 80)], noisy).noise?.sd).toBeGreaterThan(20)
  })

  it("give values at the median host's speed, so that no author gains by its own baseline", () => {
    // The reference is 107: the author's host is 7 faster.
    expect(judge([baseline, ...calibrated, rerun(["bob", "carol"], 80)], timed).value).toBe(87)
    const boasting = stateOf(
      baseline.measurements.map((m) => (m.key === "author" ? { ...m, scores: [50] } : m)),
      { code: "a", baseline: true },
    )
    expect(judge([boasting, ...calibrated, rerun(["bob", "carol"], 80)], timed).value).toBe(137)
  })

  it("give the baseline itself the median host's speed, however often its author ran it", () => {
    const again = stateOf(
      [
        measured("claim", "author", 114, "experiment"),
        measured("own", "author", 100, "verification", 1),
        ...baseline.measurements.filter(({ key }) => key !== "author"),
      ].map((m) => (m.kind === "experiment" && m.key !== "author" ? { ...m, kind: "verification" as const } : m)),
      {
        code: "a",
        baseline: true,
      },
    )
    expect(judge([...calibrated, again], timed)).toMatchObject({ state: "reproduced", value: 107 })
  })

  it("give no vote to a key that has not run the baseline, and say so", () => {
    const lone = stateOf([claimOf(80), measured(stranger.id, stranger.key, 300)])
    const judged = judge([baseline, ...calibrated, lone], timed)
    expect(judged).toMatchObject({ state: "unverified", voters: 0, value: 80 })
    expect(judged.explanation).toContain("have not run the baseline")
  })

  it("take an author without a baseline at the median host's speed", () => {
    const others = stateOf(
      baseline.measurements.filter(({ key }) => key !== "author"),
      { code: "a", baseline: true },
    )
    const claimed = stateOf([claimOf(80), measured("b", "bob", 150 - 27), measured("c", "carol", 70 - 27)])
    expect(classContext(timed, [others]).baselines?.reference).toBe(113.5)
    expect(judge([others, ...calibrated, claimed], timed)).toMatchObject({ state: "refuted", value: 86.5 })
  })

  it("never blame a host for its baseline, and promote over it", () => {
    const roots = stateOf(
      [claimOf(100), ...HOSTS.slice(1).map((host) => measured(`r ${host}`, host, 100 + SPEED[host]))],
      {
        code: "a",
        baseline: true,
      },
    )
    const judged = judge([...calibrated, roots], timed)
    expect(judged).toMatchObject({ state: "reproduced", voters: 4, reproducedBy: 4 })
    const verdicts = createVerdicts()
    const [root, ...rest] = verdicts.judge(timed, [baseline, ...calibrated, rerun(["bob", "carol"], 80)])
    const better = rest.at(-1)
    if (root === undefined || better === undefined) throw new Error("no verdicts")
    expect(verdicts.promotes(timed, better, root)).toBe(true)
  })

  it("compare results as they are where nobody ran the baseline, and judge nothing by them", () => {
    expect(judge([...calibrated, rerun(["bob"], 80)], timed)).toMatchObject({ state: "reproduced", value: 130 })
    expect(judge([rerun(["bob"], 80)], timed)).toMatchObject({ state: "uncalibrated", value: 130 })
  })
})
