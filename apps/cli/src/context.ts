import { homedir } from "node:os"
import { join, resolve } from "node:path"
import type { ReadStream, WriteStream } from "node:tty"
import picocolors from "picocolors"

export type Colours = ReturnType<typeof picocolors.createColors>

/** Where a command writes: data to `print`, messages to `tell`. */
export interface Output {
  /** A line of data, on stdout. */
  print(line: string): void
  /** A line for the person at the terminal, on stderr. */
  tell(line: string): void
  /** Text on stdout as it is, for the live view. */
  write: (text: string) => void
  /** Whether stdout is a terminal that can move its cursor. */
  readonly isTerminal: boolean
  /** Colours of stdout. */
  readonly colours: Colours
  /** The terminal's present size. */
  size(): { columns: number; rows: number }
  onResize(listener: () => void): () => void
  /** Calls back when whoever read stdout is gone. */
  onClosed(listener: () => void): () => void
}

/** What a command may know of the process it runs in. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path of the data folder. */
  readonly dataDir: string
  /** Whether `--json` was given. */
  readonly json: boolean
  readonly version: string
  readonly output: Output
}

/** A command's arguments and options as commander read them; each command checks its own. */
export interface Invocation {
  readonly args: readonly string[]
  readonly options: unknown
}

/** What every file in `commands` exports. */
export interface CommandModule {
  /** Gives the exit code, where that is not 0 without an error. */
  run(context: Context, invocation: Invocation): Promise<number | void>
}

/** The parts of `process` that this program uses. */
export interface ProcessLike {
  readonly argv: string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: ReadStream
  readonly stdout: WriteStream
  readonly stderr: WriteStream
}

/** The data folder: the flag, else SPORE_DATA_DIR, else `~/.spore`. */
export function dataDirOf(flag: string | undefined, env: Context["env"]): string {
  const chosen = flag ?? nonEmpty(env["SPORE_DATA_DIR"])
  return chosen === undefined ? join(homedir(), ".spore") : resolve(chosen)
}

export function createOutput({ stdout, stderr, env }: ProcessLike): Output {
  // Colours would go by the environment where this is undefined, and be on in CI.
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- of a pipe it is undefined, whatever its type says
  const isTerminal = Boolean(stdout.isTTY) && env["TERM"] !== "dumb"
  const closed = new Set<() => void>()
  // A pipe's reader may go at any time (`spore status | head -1`), and so may a terminal: no reason for a stack trace.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!isGone(error)) throw error
    for (const listener of closed) listener()
  })
  stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (!isGone(error)) throw error
  })
  return {
    print: (line) => void stdout.write(`${line}\n`),
    tell: (line) => void stderr.write(`${line}\n`),
    write: (text) => void stdout.write(text),
    isTerminal,
    colours: picocolors.createColors(isTerminal && nonEmpty(env["NO_COLOR"]) === undefined),
    // Some terminals (serial lines, `script`) give their size as 0 by 0: not known.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize: (listener) => {
      stdout.on("resize", listener)
      return () => stdout.off("resize", listener)
    },
    onClosed: (listener) => {
      closed.add(listener)
      return () => closed.delete(listener)
    },
  }
}

function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "EIO"
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value
}
