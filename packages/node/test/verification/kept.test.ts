import type { Store } from "@spore/dag"
import { until } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { loadArrivals } from "../../src/verification/arrivals.ts"
import { loadBackOffs } from "../../src/verification/back-offs.ts"
import { loadDraw } from "../../src/verification/draw.ts"
import { loadRequests } from "../../src/verification/requests.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The local values of a store. */
function locals(): Pick<Store, "getLocal" | "setLocal"> & { readonly values: Map<string, string> } {
  const values = new Map<string, string>()
  return {
    values,
    getLocal: async (key) => values.get(key),
    setLocal: async (key, value) => void (value === null ? values.delete(key) : values.set(key, value)),
  }
}

describe("what a verifier keeps", () => {
  it("of arrivals is when facts came, to half a minute, over a restart", async () => {
    const store = locals()
    let now = HOUR
    const arrivals = await loadArrivals(store, () => now)
    await arrivals.note(10)
    now += 5_000
    await arrivals.note(12)
    now += 10 * MINUTE
    await arrivals.note(20)
    now += MINUTE
    const again = await loadArrivals(store, () => now)
    expect([1, 10, 20].map((seq) => again.at(seq))).toEqual([HOUR, HOUR, HOUR + 5_000 + 10 * MINUTE])
    // Came, as far as is known, just now.
    expect(again.at(21)).toBe(now)
  })

  it("of arrivals is bounded, and never says that a fact came before it did by more than half a minute", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(90_000)), { maxLength: 900 }),
        async (steps) => {
          const store = locals()
          let [now, seq] = [0, 0]
          const came: [number, number][] = []
          const arrivals = await loadArrivals(store, () => now)
          for (const [more, ms] of steps) {
            now += ms
            seq += more
            came.push([seq, now])
            await arrivals.note(seq)
          }
          for (const [number, at] of came) expect(arrivals.at(number)).toBeGreaterThanOrEqual(at - 30_000)
          expect(JSON.parse(store.values.get("arrivals") ?? "[]")).toSatisfy((kept: unknown[]) => kept.length <= 512)
        },
      ),
      { numRuns: 20 },
    )
  })

  it("of back-offs grows from ten minutes to two hours, over a restart, and ends with a success", async () => {
    const store = locals()
    let now = 0
    const waits: number[] = []
    for (let time = 0; time < 6; time++) {
      const backOffs = await loadBackOffs(store, () => now)
      await backOffs.add("failing")
      const end = backOffs.heldBack().get("failing") ?? 0
      waits.push((end - now) / MINUTE)
      now = end
    }
    expect(waits).toEqual([10, 20, 40, 80, 120, 120])
    const backOffs = await loadBackOffs(store, () => now)
    expect([...backOffs.heldBack().keys()]).toEqual(["failing"])
    await backOffs.clear("failing")
    expect((await loadBackOffs(store, () => now)).heldBack().size).toBe(0)
  })

  it("of back-offs is bounded, and forgets what is long past", async () => {
    const store = locals()
    let now = 0
    const backOffs = await loadBackOffs(store, () => now)
    for (let n = 0; n < 1_100; n++) await backOffs.add(`failing ${n}`)
    expect(backOffs.heldBack().size).toBe(1_000)
    expect(backOffs.heldBack().has("failing 1099")).toBe(true)
    now = 26 * HOUR
    await backOffs.add("new")
    expect([...backOffs.heldBack().keys()]).toEqual(["new"])
  })

  it("of draws is a secret: the same numbers after a restart, and others for another node", async () => {
    const [mine, theirs] = [locals(), locals()]
    const ids = Array.from({ length: 200 }, (_, n) => `experiment ${n}`)
    const drawn = async (store: ReturnType<typeof locals>): Promise<number[]> => ids.map(await loadDraw(store))
    const first = await drawn(mine)
    expect(await drawn(mine)).toEqual(first)
    expect(first.every((number) => number >= 0 && number < 1)).toBe(true)
    const mean = first.reduce((sum, number) => sum + number, 0) / first.length
    expect(mean).toBeCloseTo(0.5, 0)
    expect(await drawn(theirs)).not.toEqual(first)
    // What is no secret is replaced by one.
    mine.values.set("verify-secret", "ab")
    await loadDraw(mine)
    expect(mine.values.get("verify-secret")).toMatch(/^[0-9a-f]{64}$/)
  })

  it("of requests are those not answered, in order, and no more than 64", async () => {
    const store = locals()
    let now = 0
    const requests = await loadRequests(store, () => now)
    const asked = Array.from({ length: 64 }, (_, n) => requests.ask(`experiment ${n}`, undefined))
    await until(() => requests.ids().length === 64)
    await expect(requests.ask("one more", undefined)).rejects.toMatchObject({ code: "verify_queue_full" })
    const twice = requests.ask("experiment 0", undefined)
    await requests.done("experiment 0", "record")
    expect(await asked[0]).toBe("record")
    expect(await twice).toBe("record")
    expect(await requests.failed("experiment 1", new TypeError("broken"))).toBe(true)
    await expect(asked[1]).rejects.toThrow("broken")

    const again = await loadRequests(store, () => now)
    expect(again.ids()).toEqual(requests.ids())
    expect(again.ids()[0]).toBe("experiment 2")
    // Nobody waits for it any longer.
    expect(await again.failed("experiment 2", new TypeError("broken"))).toBe(false)
    requests.stop()
    await expect(asked[5]).rejects.toMatchObject({ code: "node_stopped" })
    await Promise.allSettled(asked)
    // What nobody waits for is tried for a week.
    now = 7 * 24 * HOUR
    expect(again.ids()).toHaveLength(61)
    now++
    expect(again.ids()).toEqual([])
  })

  it("is begun anew where what is stored is not what it should be", async () => {
    const store = locals()
    for (const key of ["arrivals", "back-offs", "verify-requests"]) store.values.set(key, '{"a":1}')
    expect((await loadArrivals(store, () => 7)).at(3)).toBe(7)
    expect((await loadBackOffs(store, () => 7)).heldBack().size).toBe(0)
    expect((await loadRequests(store, () => 7)).ids()).toEqual([])
  })
})
