import type { Random } from "@spore/records"
import { createVerdicts } from "@spore/verify"
import { pick } from "../random.ts"
import type { Condition } from "./conditions.ts"
import { verdictOn } from "./facts.ts"
import { createScene, type Host, othersThan } from "./scene.ts"

/** Claims that are rerun by one key after another, whoever asked for that. */
export interface RefutedInit {
  readonly condition: Condition
  /** Numbers of keys after which the refuted are counted. */
  readonly verifiers: readonly number[]
  readonly classes: number
  /** Claims that share a class. */
  readonly states: number
}

/** How many claims stand as refuted once so many keys reran them; their scores are made as each is claimed. */
export function countRefuted(
  random: Random,
  { condition, verifiers, classes, states }: RefutedInit,
  scoreOf: (author: Host) => number,
): ReadonlyMap<number, number> {
  const verdicts = createVerdicts()
  const most = Math.max(...verifiers)
  const refuted = new Map(verifiers.map((n) => [n, 0]))
  for (let i = 0; i < classes; i++) {
    const scene = createScene({ ...condition, random, verdicts, hosts: 1 + most })
    const claims = Array.from({ length: states }, () => {
      const author = pick(random, scene.hosts)
      const state = scene.facts.state()
      const id = scene.facts.claim(state, author.key, scoreOf(author))
      return { state, id, others: othersThan(random, scene.hosts, author) }
    })
    for (let n = 1; n <= most; n++) {
      for (const { state, id, others } of claims) {
        const verifier = others[n - 1]
        if (verifier !== undefined) scene.facts.rerun(state, id, verifier.key, scene.measure(verifier, 0))
      }
      const count = refuted.get(n)
      if (count === undefined) continue
      const judged = scene.judge()
      const failed = claims.filter(({ state, id }) => verdictOn(judged, state, id).state === "refuted").length
      refuted.set(n, count + failed)
    }
  }
  return refuted
}
