import { describe, expect, it, vi } from "vitest"
import { createDueList, type DueList } from "../src/verification/due-list.ts"

/** A list whose content is how often it was read, over a store and a clock that the test sets. */
function listOf(
  takesMs = 0,
  onRested = (): void => undefined,
): { list: DueList<number>; at: { seq: number; now: number; reads: number } } {
  const at = { seq: 1, now: 1_000, reads: 0 }
  const list = createDueList(
    { lastSeq: async () => at.seq },
    () => at.now,
    async () => {
      at.now += takesMs
      return [++at.reads]
    },
    onRested,
  )
  return { list, at }
}

describe("the list of due reruns", () => {
  it("is read once until a fact is stored or a minute passed", async () => {
    const { list, at } = listOf()
    const [first, same] = await Promise.all([list.get(), list.get()])
    expect([first, same]).toEqual([[1], [1]])
    at.now += 59_999
    expect(await list.get()).toEqual([1])
    at.seq++
    expect(await list.get()).toEqual([2])
    at.now += 60_000
    expect(await list.get()).toEqual([3])
  })

  it("rests for twenty times as long as it takes, whatever is stored, but not after the first reading", async () => {
    const { list, at } = listOf(100)
    await list.get()
    at.seq++
    expect(await list.get()).toEqual([2])
    at.seq++
    at.now += 1_999
    expect(await list.get()).toEqual([2])
    at.now += 1
    expect(await list.get()).toEqual([3])
  })

  it("takes for its time the shortest of the last readings", async () => {
    let takesMs = 5_000
    const at = { seq: 1, now: 0, reads: 0 }
    const list = createDueList(
      { lastSeq: async () => at.seq++ },
      () => at.now,
      async () => {
        at.now += takesMs
        return [++at.reads]
      },
      () => undefined,
    )
    await list.get()
    takesMs = 10
    expect(await list.get()).toEqual([2])
    // One that was held up does not make the list rest for long.
    takesMs = 3_000
    at.now += 200
    expect(await list.get()).toEqual([3])
    at.now += 199
    expect(await list.get()).toEqual([3])
    at.now += 1
    expect(await list.get()).toEqual([4])
    // Where all of the last four were slow, reading is slow.
    for (const _ of [5, 6]) {
      at.now += 60_000
      await list.get()
    }
    at.now += 60_000 - 1
    expect(await list.get()).toEqual([6])
    at.now += 1
    expect(await list.get()).toEqual([7])
  })

  it("tells whoever was given an old list when it may be read anew, once", async () => {
    vi.useFakeTimers()
    try {
      const onRested = vi.fn<() => void>()
      const { list, at } = listOf(100, onRested)
      await list.get()
      at.seq++
      await list.get()
      await vi.advanceTimersByTimeAsync(10_000)
      expect(onRested).not.toHaveBeenCalled()
      at.seq++
      at.now += 500
      await Promise.all([list.get(), list.get()])
      await vi.advanceTimersByTimeAsync(1_499)
      expect(onRested).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(8_000)
      expect(onRested).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it("keeps no failure", async () => {
    let isBroken = true
    const list = createDueList(
      { lastSeq: async () => 1 },
      () => 0,
      async () => {
        if (isBroken) throw new Error("busy")
        return [1]
      },
      () => undefined,
    )
    await expect(list.get()).rejects.toThrow("busy")
    isBroken = false
    expect(await list.get()).toEqual([1])
  })
})
