import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Home } from "./spore.ts"

const PROGRAM = new URL("../../src/program.ts", import.meta.url)
const DRIVER = fileURLToPath(new URL("pseudo-terminal.py", import.meta.url))

/** Why no pseudo terminal is to be had; null where one is. In continuous integration that does not excuse a test. */
export const noTerminal =
  process.env["CI"] === "true" || spawnSync("python3", ["-c", "import pty"]).status === 0 ? null : "no python3 with pty"

/** Between what two commands write: foreign text that came through as it is could not pass for it. */
const MARK = "\u0000"

/** Runs the whole command line as `main.js` does, with one list of arguments after the other, to save processes. */
const MANY = `
  const { main } = await import(process.argv[1])
  process.stdout.setMaxListeners(0)
  process.stderr.setMaxListeners(0)
  for (const args of JSON.parse(process.env.SPORE_TEST_COMMANDS)) {
    const { env, stdin, stdout, stderr } = process
    const code = await main({ argv: [process.execPath, "spore", ...args], env, stdin, stdout, stderr })
    stdout.write("\\0" + code + "\\0")
  }
`

export interface OnTerminal {
  readonly args: readonly string[]
  readonly code: number
  /** All that came to the terminal, stdout and stderr. */
  readonly written: string
}

/** Runs `spore` with each of these arguments on a terminal with colours of so many columns. */
export async function onPseudoTerminal(
  home: Home,
  commands: readonly (readonly string[])[],
  columns: number,
): Promise<OnTerminal[]> {
  const env = { ...home.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8", SPORE_TEST_COMMANDS: JSON.stringify(commands) }
  const words = [process.execPath, "--input-type=module", "-e", MANY, PROGRAM.href]
  const child = spawn("python3", [DRIVER, String(columns), ...words], { env, stdio: ["ignore", "pipe", "inherit"] })
  const closed = once(child, "close")
  const parts = (await text(child.stdout)).split(MARK)
  await closed
  if (parts.length !== 2 * commands.length + 1)
    throw new Error(`${parts.length} parts: ${JSON.stringify(parts.at(-1))}`)
  return commands.map((args, i) => ({ args, written: parts[2 * i] ?? "", code: Number(parts[2 * i + 1]) }))
}
