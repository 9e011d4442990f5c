import { messageOf, SporeError } from "@spore/records"

/** What the command line itself refuses. */
export type CliErrorCode =
  | "bad_usage"
  /** A SPORE_* variable holds a value that cannot be used. */
  | "bad_setting"
  | "bad_config"
  /** The data folder holds no node yet. */
  | "not_initialised"
  | "not_found"
  | "ambiguous_id"
  /** A file that cannot be read or written. */
  | "file_unusable"
  /** A file that is not whole. */
  | "file_damaged"
  /** Objects of a file were refused. */
  | "facts_refused"
  /** A table of results cannot become records. */
  | "results_refused"
  | "task_incomplete"
  /** A stranger's packages are unpacked in a sandbox only, and here is none. */
  | "sandbox_missing"
  | "task_refused"
  /** A task package that did not pass its test. */
  | "task_unfit"
  | "no_sandbox"
  /** The task of an experiment has no manifest. */
  | "not_runnable"
  /** Files that are not a candidate's. */
  | "bad_candidate"
  | "no_trial"
  | "node_not_running"
  /** What is asked for needs the data folder for itself. */
  | "node_running"
  | "interrupted"
  /** A node in the background ended before it was up, without saying why. */
  | "service_failed"
  /** No service manager that could run a node. */
  | "service_unavailable"
  /** A process is another user's. */
  | "not_permitted"
  /** A process that nothing ends. */
  | "not_ended"
  /** A profile that cannot be signed or stored. */
  | "profile_refused"
  /** A node runs here and takes no commands. */
  | "control_unavailable"
  /** What cannot be updated by itself: a source checkout, or where no versions are kept. */
  | "not_updatable"
  /** It starts, or changes its version. */
  | "node_busy"
  /** It does not go on as another version after all. */
  | "called_off"
  | "unhealthy"

/** An error of this program. */
export function cliError(
  code: CliErrorCode,
  message: string,
  options: { cause?: unknown; next?: string } = {},
): SporeError<CliErrorCode> {
  return new SporeError(code, message, options)
}

/** What went wrong and what to do about it, for people and programs. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly next: string
  /** The process's exit code. */
  readonly exit: number
}

/**
 * Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 ambiguous id, 5 not running, 6 verification failed,
 * 130 interrupted.
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  ambiguous: 4,
  notRunning: 5,
  verification: 6,
  interrupted: 130,
} as const

const EXIT_OF: ReadonlyMap<string, number> = new Map([
  ["bad_usage", EXIT.usage],
  ["bad_setting", EXIT.usage],
  ["bad_address", EXIT.usage],
  ["bad_link", EXIT.usage],
  ["bad_cursor", EXIT.usage],
  ["not_found", EXIT.notFound],
  ["not_initialised", EXIT.notFound],
  ["no_trial", EXIT.notFound],
  ["version_missing", EXIT.notFound],
  ["nothing_to_roll_back", EXIT.notFound],
  ["ambiguous_id", EXIT.ambiguous],
  ["not_running", EXIT.notRunning],
  ["node_not_running", EXIT.notRunning],
  ["interrupted", EXIT.interrupted],
  ["bad_signature", EXIT.verification],
  ["bad_encoding", EXIT.verification],
  ["artifact_mismatch", EXIT.verification],
  ["channel_untrusted", EXIT.verification],
  ["channel_expired", EXIT.verification],
])

const NEXT_OF: ReadonlyMap<number, string> = new Map([
  [EXIT.usage, "spore help"],
  [EXIT.notFound, "spore status"],
  [EXIT.ambiguous, "give more characters of the id"],
  [EXIT.notRunning, "spore run"],
])

/** The failure that a thrown value stands for. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof SporeError ? String(error.code) : "internal"
  const exit = EXIT_OF.get(code) ?? EXIT.failure
  const own = error instanceof SporeError ? error.next : undefined
  return { code, message: messageOf(error), next: own ?? NEXT_OF.get(exit) ?? "spore doctor", exit }
}
