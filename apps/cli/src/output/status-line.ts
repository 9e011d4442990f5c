import type { Context } from "../context.ts"
import { plain } from "./plain.ts"
import { fit } from "./text-width.ts"

/** One line of a terminal that says what goes on; nothing anywhere else. */
export interface StatusLine {
  show(text: string): void
  /** Removes the line, so that something else can be written. */
  clear(): void
}

export function createStatusLine({ output, json }: Pick<Context, "output" | "json">): StatusLine {
  if (!output.isTerminal || json) return { show() {}, clear() {} }
  let shown = ""
  return {
    show: (text) => {
      const line = fit(plain(text), output.size().columns - 1)
      if (line === shown) return
      shown = line
      output.write(`\r${line}\u001b[K`)
    },
    clear: () => {
      if (shown !== "") output.write("\r\u001b[K")
      shown = ""
    },
  }
}
