import { CommanderError } from "commander"
import type { Output } from "../context.ts"
import { EXIT, type Failure, failureOf } from "../errors.ts"
import { UsageError } from "../usage-error.ts"
import { plain, safeJson } from "./plain.ts"

/** Writes what went wrong to stderr: what and why, then what to do. Gives the exit code. */
export function reportError(output: Output, error: unknown, json: boolean): number {
  const failure = error instanceof CommanderError ? usageFailure(error) : failureOf(error)
  const { code, message, next } = failure
  if (json) output.tell(safeJson({ error: { code, message, next } }))
  else {
    output.tell(`error: ${plain(message)}`)
    output.tell(`next: ${plain(next)}`)
  }
  return failure.exit
}

function usageFailure(error: CommanderError): Failure {
  const message = error.message.replace(/^error: /, "").replaceAll("\n", " ")
  const next = error instanceof UsageError ? `${error.command} --help` : "spore help"
  return { code: "bad_usage", message, next, exit: EXIT.usage }
}
