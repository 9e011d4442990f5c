import { createInterface } from "node:readline/promises"
import { stderr, stdin } from "node:process"
import { Writable } from "node:stream"

/** More than this is no key. */
const LONGEST = 4096

/** A key that is typed without being shown at a terminal, or comes on stdin; empty where nothing comes. */
export async function askKey(name: string): Promise<string> {
  return stdin.isTTY ? typedKey(name) : pipedKey()
}

async function typedKey(name: string): Promise<string> {
  // readline shows what is typed on its output: here nowhere
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  const closed = new AbortController()
  // only now does the terminal itself show nothing
  stderr.write(`key for ${name} (not shown): `)
  lines.once("close", () => closed.abort())
  try {
    return (await lines.question("", { signal: closed.signal })).trim()
  } catch {
    // Ctrl-C or Ctrl-D
    return ""
  } finally {
    lines.close()
    stderr.write("\n")
  }
}

async function pipedKey(): Promise<string> {
  let text = ""
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > LONGEST) break
  }
  return text.trim()
}
