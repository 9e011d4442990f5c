/** Lets at most so many jobs run at the same time; the others wait in order. */
export type Limiter = <T>(job: () => Promise<T>) => Promise<T>

export function createLimiter(concurrency: number): Limiter {
  const waiting: (() => void)[] = []
  let running = 0
  return async (job) => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
