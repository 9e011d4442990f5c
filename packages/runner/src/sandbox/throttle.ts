const PERIOD_MS = 200

/** Lets processes run only `percent` of the time, by stopping and continuing them. Returns how to end that. */
export function startThrottle(percent: number, pids: () => number[]): () => void {
  const running = (PERIOD_MS * percent) / 100
  const stop = (): void => {
    signalAll(pids(), "SIGSTOP")
    timer = setTimeout(resume, PERIOD_MS - running)
  }
  const resume = (): void => {
    signalAll(pids(), "SIGCONT")
    timer = setTimeout(stop, running)
  }
  let timer = setTimeout(stop, running)
  return () => clearTimeout(timer)
}

/** Signals each process; those that ended meanwhile are passed over. A negative pid is a process group. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // ended
    }
  }
}
