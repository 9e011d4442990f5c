import { stderr, stdin } from "node:process"
import { createInterface } from "node:readline/promises"

/** Whether somebody is there who can be asked. */
export function canAsk(): boolean {
  return stdin.isTTY && stderr.isTTY
}

/** Asks at the terminal; anything but yes is no. */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr })
  const closed = new AbortController()
  // Ctrl-C or Ctrl-D
  lines.once("close", () => closed.abort())
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: closed.signal })).trim())
  } catch {
    stderr.write("\n")
    return false
  } finally {
    lines.close()
  }
}
