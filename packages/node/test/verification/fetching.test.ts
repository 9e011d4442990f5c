import { type CID, SporeError } from "@spore/records"
import { codeLink, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createFetching, type Fetching } from "../../src/verification/fetching.ts"

const [endless, missing, fine] = [codeLink("endless"), codeLink("missing"), codeLink("fine")]

/** Fetching where one artifact never ends, one is nobody's, and others come at once. */
function scene(): { fetching: Fetching; tries: CID[]; fetched: () => number; at: { now: number } } {
  const tries: CID[] = []
  const at = { now: 0 }
  let fetched = 0
  const fetching = createFetching({
    fetch: async (root, signal) => {
      tries.push(root)
      if (root.equals(missing)) throw new SporeError("artifact_unavailable", "nobody has it")
      if (!root.equals(endless)) return
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))))
    },
    now: () => at.now,
    onFetched: () => fetched++,
  })
  return { fetching, tries, fetched: () => fetched, at }
}

function count(tries: readonly CID[], root: CID): number {
  return tries.filter((tried) => tried.equals(root)).length
}

describe("fetching what reruns need", () => {
  it("goes on for others while one author's artifact never ends", async () => {
    const { fetching, tries, fetched } = scene()
    for (let n = 0; n < 5; n++) fetching.want({ id: `endless ${n}`, author: "hostile" }, [endless])
    fetching.want({ id: "fine", author: "honest" }, [fine, codeLink("more")])
    await until(() => fetched() === 1)
    // One turn at a time for one author.
    expect(count(tries, endless)).toBe(1)
    await fetching.stop()
    fetching.want({ id: "late", author: "honest" }, [fine])
    expect(count(tries, fine)).toBe(1)
  })

  it("has no more than four under way", async () => {
    const { fetching, tries } = scene()
    for (let n = 0; n < 9; n++) fetching.want({ id: `endless ${n}`, author: `author ${n}` }, [endless])
    expect(tries).toHaveLength(4)
    await fetching.stop()
  })

  it("tries again what nobody had less and less often, and at once when a peer comes", async () => {
    const { fetching, tries, at } = scene()
    /** Wants it once more; how often it was tried until another of the author's had its turn. */
    const want = async (): Promise<number> => {
      fetching.want({ id: "missing", author: "a" }, [missing])
      const before = count(tries, fine)
      await until(() => {
        fetching.want({ id: "fine", author: "a" }, [fine])
        return count(tries, fine) > before
      })
      return count(tries, missing)
    }
    expect(await want()).toBe(1)
    at.now = 59_999
    expect(await want()).toBe(1)
    at.now = 60_000
    expect(await want()).toBe(2)
    at.now += 119_999
    expect(await want()).toBe(2)
    fetching.retry()
    expect(await want()).toBe(3)
    await fetching.stop()
  })
})
