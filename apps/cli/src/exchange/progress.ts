import type { Context } from "../context.ts"
import { createStatusLine } from "../output/status-line.ts"

const PAUSE_MS = 100

/** How far a long command is, on one line of a terminal; nothing anywhere else. */
export interface Progress {
  /** Any unit; without a known total the number alone is shown. */
  show(done: number, total: number | null): void
  /** Removes the line, so that something else can be written. */
  clear(): void
}

/** @param what what is done, such as `importing` */
export function createProgress(context: Pick<Context, "output" | "json">, what: string): Progress {
  const line = createStatusLine(context)
  let last = Number.NEGATIVE_INFINITY
  return {
    show: (done, total) => {
      const now = performance.now()
      if (now - last < PAUSE_MS) return
      last = now
      line.show(`${what} ${total === null || total === 0 ? String(done) : `${Math.floor((100 * done) / total)} %`}`)
    },
    clear: line.clear,
  }
}
