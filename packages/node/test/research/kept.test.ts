import type { Store } from "@spore/dag"
import { NOTHING_SPENT } from "@spore/research"
import { describe, expect, it } from "vitest"
import { loadFeedback } from "../../src/research/feedback.ts"
import { type KeptProposal, loadKept } from "../../src/research/kept.ts"
import { NO_LIMITS, reachedLimit, remainingOf } from "../../src/research/limits.ts"

function locals(): Pick<Store, "getLocal" | "setLocal"> & { readonly values: Map<string, string> } {
  const values = new Map<string, string>()
  return {
    values,
    getLocal: async (key) => values.get(key),
    setLocal: async (key, value) => void (value === null ? values.delete(key) : values.set(key, value)),
  }
}

const proposal = (code: string): KeptProposal => ({
  code,
  task: "t",
  class: "c",
  parent: "p",
  reason: "",
  title: code,
  hypothesis: "",
  agent: "me",
})

describe("accepted proposals", () => {
  it("are there after a restart, and gone once they ran", async () => {
    const store = locals()
    const kept = await loadKept(store)
    await kept.add(proposal("one"))
    await kept.add(proposal("two"))
    // Taken by whoever added them.
    expect(kept.take("t", "c")).toBeNull()
    await kept.done("one")
    const again = await loadKept(store)
    expect(again.take("t", "other")).toBeNull()
    expect(again.take("t", "c")).toEqual(proposal("two"))
    expect(again.take("t", "c")).toBeNull()
    await again.done("two")
    expect(store.values.size).toBe(0)
  })

  it("are given up after three runs that took the process along, but not for being stopped", async () => {
    const store = locals()
    await (await loadKept(store)).add(proposal("one"))
    for (let i = 0; i < 5; i++) {
      const kept = await loadKept(store)
      expect(kept.take("t", "c")).not.toBeNull()
      await kept.begin("one")
      await kept.stopped("one")
    }
    for (let i = 0; i < 3; i++) {
      const kept = await loadKept(store)
      expect(kept.take("t", "c")).not.toBeNull()
      await kept.begin("one")
    }
    expect((await loadKept(store)).take("t", "c")).toBeNull()
  })

  it("are tried again where the host failed them, three times", async () => {
    const kept = await loadKept(locals())
    await kept.add(proposal("one"))
    for (let i = 0; i < 3; i++) {
      await kept.begin("one")
      await kept.failed("one")
      expect(kept.take("t", "c") === null).toBe(i === 2)
    }
  })
})

describe("what evaluators said", () => {
  it("is kept of the newest experiments", async () => {
    const store = locals()
    const feedback = await loadFeedback(store)
    for (let i = 0; i < 510; i++) await feedback.keep(`e${i}`, `said ${i}`)
    await feedback.keep("silent", "")
    const again = await loadFeedback(store)
    expect(await again.of("e9")).toBeNull()
    expect(await again.of("e10")).toBe("said 10")
    expect(await again.of("e509")).toBe("said 509")
    expect(store.values.size).toBe(501)
  })
})

describe("limits", () => {
  it("are reached at what they say", () => {
    const used = { experiments: 3, spent: { ...NOTHING_SPENT, costUsd: 1, inputTokens: 5, outputTokens: 5 }, now: 10 }
    expect(reachedLimit(NO_LIMITS, used)).toBeNull()
    expect(reachedLimit({ ...NO_LIMITS, maxExperiments: 3 }, used)).toBe("max_experiments")
    expect(reachedLimit({ ...NO_LIMITS, maxCostUsd: 1 }, used)).toBe("max_cost")
    expect(reachedLimit({ ...NO_LIMITS, maxTokens: 10 }, used)).toBe("max_tokens")
    expect(reachedLimit({ ...NO_LIMITS, until: 10 }, used)).toBe("until")
    expect(reachedLimit({ maxExperiments: 4, maxCostUsd: 1.1, maxTokens: 11, until: 11 }, used)).toBeNull()
  })

  it("say what they leave", () => {
    const spent = { ...NOTHING_SPENT, costUsd: 1, inputTokens: 5, outputTokens: 5 }
    expect(remainingOf(NO_LIMITS, spent)).toEqual({ costUsd: null, tokens: null })
    expect(remainingOf({ ...NO_LIMITS, maxCostUsd: 1.5, maxTokens: 9 }, spent)).toEqual({ costUsd: 0.5, tokens: 0 })
  })
})
