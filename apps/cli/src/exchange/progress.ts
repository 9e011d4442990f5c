import type { Context } from "../context.ts"
import { fit } from "../output/text-width.ts"

const PAUSE_MS = 100

/** How far a long command is, on one line of a terminal; nothing anywhere else. */
export interface Progress {
  /** Any unit; without a known total the number alone is shown. */
  show(done: number, total: number | null): void
  /** Removes the line, so that something else can be written. */
  clear(): void
}

/** @param what what is done, such as `importing` */
export function createProgress({ output, json }: Pick<Context, "output" | "json">, what: string): Progress {
  if (!output.isTerminal || json) return { show() {}, clear() {} }
  let last = Number.NEGATIVE_INFINITY
  let isShown = false
  return {
    show: (done, total) => {
      const now = performance.now()
      if (now - last < PAUSE_MS) return
      last = now
      isShown = true
      const share = total === null || total === 0 ? String(done) : `${Math.floor((100 * done) / total)} %`
      output.write(`\r${fit(`${what} ${share}`, output.size().columns - 1)}\u001b[K`)
    },
    clear: () => {
      if (isShown) output.write("\r\u001b[K")
      isShown = false
    },
  }
}
