import { tellingLine } from "../text.ts"
import type { JobOutcome, JobResult } from "./sandbox.ts"

/** How a job ended, and why in one line. */
export interface Ending {
  outcome: JobOutcome
  detail: string
}

export const ABORTED: Ending = { outcome: "aborted", detail: "aborted" }

const SIGXCPU = 24
const SIGXFSZ = 25

/** What an exit code says, 128 and the signal's number where a signal ended the program. */
export function explainExit(exitCode: number, output: string): Ending {
  if (exitCode === 0) return { outcome: "ok", detail: "" }
  if (exitCode === 128 + SIGXCPU) return { outcome: "limit", detail: "used more CPU time than allowed" }
  if (exitCode === 128 + SIGXFSZ) return { outcome: "limit", detail: "wrote a file larger than allowed" }
  const said = tellingLine(output)
  return { outcome: "crash", detail: `exit code ${exitCode}${said === "" ? "" : `: ${said}`}` }
}

/** A host that lacks a program says nothing about who needed it. */
export function missingProgram(path: string): Ending {
  return { outcome: "infra", detail: `there is no ${path} on this machine` }
}

/** The result of a job of which nothing ran. */
export function unstarted(ending: Ending): JobResult {
  return { ...ending, exitCode: null, wallSeconds: 0, cpuSeconds: null, peakMemoryMb: null, outputTail: "" }
}
