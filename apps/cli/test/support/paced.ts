import { type ManualClock, manualClock, until } from "@spore/testkit"

/** Time for something that sleeps: it wakes when the test says so. */
export interface Paced {
  readonly clock: ManualClock
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Waits until something sleeps, and wakes it when so much time has passed by its clock; gives how long that was. */
  wake(): Promise<number>
  /** As `wake`, again and again, until so much time has passed. */
  pass(ms: number): Promise<void>
  sleepers(): number
}

export function paced(clock: ManualClock = manualClock()): Paced {
  const asleep: { ms: number; wake: () => void }[] = []
  async function wake(): Promise<number> {
    const next = await until(() => asleep.shift(), { what: "something that sleeps" })
    clock.advance(next.ms)
    next.wake()
    return next.ms
  }
  return {
    clock,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const one = { ms, wake: resolve }
        asleep.push(one)
        const abort = (): void => {
          const at = asleep.indexOf(one)
          if (at !== -1) asleep.splice(at, 1)
          reject(new DOMException("given up", "AbortError"))
        }
        if (signal.aborted) abort()
        else signal.addEventListener("abort", abort)
      }),
    wake,
    pass: async (ms) => {
      for (let left = ms; left > 0;) left -= await wake()
    },
    sleepers: () => asleep.length,
  }
}
