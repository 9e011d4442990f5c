import type { Measurement, StateFacts, StateVerdict } from "@spore/records"
import { seededRandom } from "@spore/records"
import { makeTask, testIdentity } from "@spore/testkit"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { createVerdicts } from "../src/index.ts"

const verdicts = createVerdicts()

/** A baseline and `size` states, each rerun by up to five keys. */
function statesOf(seed: number, size: number): StateFacts[] {
  const random = seededRandom(seed)
  return Array.from({ length: size }, (_, n) => {
    const worth = 50 + n
    const run = (key: number): Measurement => ({
      id: `${seed} ${n} ${key}`,
      key: `key ${key}`,
      kind: key === 0 ? "experiment" : "verification",
      outcome: "ok",
      scores: [worth + random.next()],
      replicates: [0],
      experiment: `${seed} ${n} 0`,
    })
    const keys = Array.from({ length: 2 + Math.floor(4 * random.next()) }, (_unused, key) => key)
    return { code: `code ${n}`, class: "x64", baseline: n === 0, challenges: [], measurements: keys.map(run) }
  })
}

it.each(["steps", "wall"] as const)("judges untouched states alike while a class has the same mark (%s)", (type) => {
  const { body: task } = makeTask(testIdentity(1), { replay: { mode: "noisy" }, budget: { type, value: 60 } })
  let same = 0
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), fc.nat(), fc.boolean(), (seed, size, at, isFar) => {
      const states = statesOf(seed, size + 1)
      const place = at % states.length
      const after = states.map((state, n): StateFacts => {
        if (n !== place) return state
        const rerun: Measurement = {
          id: "~",
          key: "key 1",
          kind: "verification",
          outcome: "ok",
          scores: [isFar ? 500 : 50.5 + n],
          replicates: [1],
          experiment: `${seed} ${n} 0`,
        }
        return { ...state, measurements: [...state.measurements, rerun] }
      })
      const [before, now] = [states, after].map((measured) => verdicts.pool?.(task, measured))
      if (before === undefined || now === undefined) throw new Error("open/1 pools")
      const all = verdicts.judge(task, after)
      expect(after.map(now.judge)).toEqual(all)
      if (before.mark !== now.mark) return
      same++
      const judged: StateVerdict[] = states.map(before.judge)
      expect(judged.filter((_, n) => n !== place)).toEqual(all.filter((_, n) => n !== place))
    }),
    { numRuns: 150 },
  )
  expect(same).toBeGreaterThan(3)
})
