import { silentLogger } from "@spore/records"
import { until } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { saveMemory } from "../src/save-memory.ts"

const MIB = 1024 * 1024
const LOOK_MS = 10_000

describe("memory that is given back", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
  afterEach(() => void vi.useRealTimers())

  /** A process with a heap of so many MiB, which a collection brings to the last of them. */
  function processOf(init: { heap: number; held: number; load: number }) {
    const state = { ...init, collected: 0 }
    const end = saveMemory({
      log: silentLogger,
      heapBytes: () => state.heap * MIB,
      load: () => state.load,
      collect: () => {
        state.collected++
        state.heap = state.held
        return Promise.resolve()
      },
    })
    return { state, end, look: () => vi.advanceTimersByTimeAsync(LOOK_MS) }
  }

  it("is what a burst needed, once it is over", async () => {
    const { state, look } = processOf({ heap: 320, held: 60, load: 0.9 })
    await look()
    expect(state.collected).toBe(0)
    state.load = 0.02
    await look()
    expect(state).toMatchObject({ collected: 1, heap: 60 })
    await look()
    expect(state.collected).toBe(1)
    state.heap = 75
    await look()
    expect(state.collected).toBe(1)
    state.heap = 76
    await look()
    expect(state).toMatchObject({ collected: 2, heap: 60 })
  })

  it("is counted from what V8 itself has come down to", async () => {
    const { state, look } = processOf({ heap: 400, held: 300, load: 0 })
    await look()
    expect(state.collected).toBe(1)
    state.heap = 80
    await look()
    state.heap = 112
    state.held = 70
    await look()
    expect(state).toMatchObject({ collected: 2, heap: 70 })
  })

  it("is left alone after the end", async () => {
    const { state, end, look } = processOf({ heap: 320, held: 60, load: 0 })
    end()
    await look()
    expect(state.collected).toBe(0)
  })

  it("is not asked for again where that is impossible", async () => {
    const collect = vi.fn<() => Promise<void>>(() => Promise.reject(new Error("no inspector")))
    saveMemory({ log: silentLogger, heapBytes: () => 320 * MIB, load: () => 0, collect })
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(collect).toHaveBeenCalledTimes(1)
  })

  it("goes back to the system from V8's heap", async () => {
    const held = Array.from({ length: 2_000_000 }, (_, i) => ({ i }))
    expect(held.at(-1)?.i).toBe(1_999_999)
    held.length = 0
    const before = process.memoryUsage().heapTotal
    const end = saveMemory({ log: silentLogger, load: () => 0 })
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    await until(() => process.memoryUsage().heapTotal < before - 16 * MIB, { what: "a smaller heap" })
    end()
  })
})
