import { stderr, stdin } from "node:process"
import { createInterface } from "node:readline/promises"
import { cliError } from "../errors.ts"

/** Whether somebody is there who can be asked. */
export function canAsk(): boolean {
  return stdin.isTTY && stderr.isTTY
}

/**
 * Asks at the terminal; anything but yes is no.
 *
 * @throws SporeError `interrupted` by Ctrl-C
 */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr })
  const closed = new AbortController()
  let isInterrupted = false
  lines.once("SIGINT", () => {
    isInterrupted = true
    lines.close()
  })
  // By Ctrl-D too.
  lines.once("close", () => closed.abort())
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: closed.signal })).trim())
  } catch {
    stderr.write("\n")
    if (isInterrupted) throw cliError("interrupted", "interrupted; nothing was done", { next: "answer y or n" })
    return false
  } finally {
    lines.close()
  }
}
