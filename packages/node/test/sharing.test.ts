import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createSharing, type Sharing } from "../src/sharing.ts"

/** Gives the device to whoever is first and has work; a job takes as long as `ms` says. Milliseconds by name. */
function simulate(
  sharing: Sharing,
  jobs: number,
  hasWork: (name: string, job: number) => boolean,
  ms: (name: string) => number,
): Record<string, number> {
  const used: Record<string, number> = {}
  for (let job = 0; job < jobs; job++) {
    for (const name of sharing.order()) {
      if (!hasWork(name, job)) {
        sharing.idle(name)
        continue
      }
      used[name] = (used[name] ?? 0) + ms(name)
      sharing.used(name, ms(name))
      break
    }
  }
  return used
}

const shares = (rate: number): Map<string, number> =>
  new Map([
    ["research", 100 - rate],
    ["verification", rate],
  ])

describe("sharing a device", () => {
  it("gives each its share of the time, however long its jobs are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.nat(1_000), fc.nat(1_000), (rate, a, b) => {
        const [short, long] = [1 + a, 1 + b]
        const used = simulate(
          createSharing(shares(rate)),
          3_000,
          () => true,
          (name) => (name === "research" ? short : long),
        )
        const { research = 0, verification = 0 } = used
        // Jobs are not cut: neither is ahead by more than one of its own.
        const ahead = Math.abs(verification / rate - research / (100 - rate))
        expect(ahead).toBeLessThanOrEqual(Math.max(short / (100 - rate), long / rate) + 1e-6)
      }),
    )
  })

  it("gives what one does not use to the other, and saves none of it up", () => {
    const sharing = createSharing(shares(50))
    const alone = simulate(
      sharing,
      100,
      (name) => name === "research",
      () => 10,
    )
    expect(alone).toEqual({ research: 1_000 })
    // It gets its turn at once, and then no more than half.
    expect(sharing.order()[0]).toBe("verification")
    const together = simulate(
      sharing,
      100,
      () => true,
      () => 10,
    )
    expect(together).toEqual({ research: 500, verification: 500 })
  })

  it("lets one without a share work where nobody else does", () => {
    const sharing = createSharing(shares(100))
    const used = simulate(
      sharing,
      100,
      (name, job) => name === "research" || job < 60,
      () => 10,
    )
    expect(used).toEqual({ verification: 600, research: 400 })
  })

  it("takes equals in turn", () => {
    const used = simulate(
      createSharing(
        new Map([
          ["a", 1],
          ["b", 1],
          ["c", 1],
        ]),
      ),
      30,
      () => true,
      () => 0,
    )
    expect(used).toEqual({ a: 0, b: 0, c: 0 })
    const sharing = createSharing(shares(50))
    sharing.used("research", 0)
    expect(sharing.order()).toEqual(["verification", "research"])
  })
})
