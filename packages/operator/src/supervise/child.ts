import { constants } from "node:os"
import type { ToProgram } from "./messages.ts"

/** A program that runs as a child of its supervisor. */
export interface Child {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined
  /** Settles when it is gone. */
  readonly ended: Promise<ChildEnd>
  /** Whatever it sends. */
  onMessage(listener: (message: unknown) => void): void
  send(message: ToProgram): void
  /** Ends it at once, without its doing. */
  kill(): void
}

export interface ChildEnd {
  /** Null where a signal ended it, or it could not be started. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be started. */
  readonly failure: string | null
  /** The end of what it wrote to stderr. */
  readonly stderr: string
}

const MAX_WORDS = 300
/** What Node.js writes below an error that nothing caught. */
const BELOW_ERROR = /^(Node\.js v|\s+at |\s*\^|\s*$|[{}]|\s+\w+: )/
const ERROR = /^(Uncaught )?([A-Za-z]*Error|error)\b/

/** For people, why it ended, in one line. */
export function endReason({ code, signal, failure, stderr }: ChildEnd): string {
  if (failure !== null) return `it could not be started: ${failure}`
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  const words = lastWords(stderr)
  return words === "" ? `it ended ${how}` : `it ended ${how}: ${words}`
}

/** The last error of a text; without one its last line. */
function lastWords(text: string): string {
  const lines = text.split(/[\r\n]+/)
  const line = lines.findLast((each) => ERROR.test(each)) ?? lines.findLast((each) => !BELOW_ERROR.test(each)) ?? ""
  return line.trim().slice(0, MAX_WORDS)
}

/** Whether somebody asked it to end: by a signal that it left to the system, or with the exit code that stands for one. */
export function wasInterrupted({ code, signal }: ChildEnd): boolean {
  return signal === "SIGINT" || signal === "SIGTERM" || code === 130 || code === 143
}

/** The exit code that stands for the end of a child, as shells have it. */
export function exitCode({ code, signal }: ChildEnd): number {
  if (signal !== null) return 128 + constants.signals[signal]
  return code ?? 1
}
