/** What a supervisor tells. */
export type SupervisorEvent =
  | { readonly type: "started"; readonly version: string; readonly pid: number; readonly attempt: number | null }
  | { readonly type: "phase"; readonly version: string; readonly phase: string }
  | { readonly type: "healthy"; readonly version: string }
  /** It sent what is no message; told once for each start. */
  | { readonly type: "not_understood"; readonly version: string }
  /** A version on trial is good: it runs from now on. */
  | { readonly type: "accepted"; readonly version: string }
  /** A version on trial did not work and is not tried again. */
  | { readonly type: "rejected"; readonly version: string; readonly reason: string }
  /** A version could not be tried; what ran before runs on. */
  | { readonly type: "not_tried"; readonly version: string; readonly reason: string }
  /** How a trial ended could not be recorded. */
  | { readonly type: "not_recorded"; readonly version: string; readonly reason: string }
  /** A good version ended that was not asked to. */
  | { readonly type: "crashed"; readonly version: string; readonly reason: string }
  /** A good version did not become healthy several times in a row: this supervisor runs another one instead. */
  | { readonly type: "passed_over"; readonly version: string; readonly instead: string; readonly reason: string }
  /** It is started again after so many milliseconds. */
  | { readonly type: "restarting"; readonly version: string; readonly pause: number; readonly crashes: number }
  /** It did not end in order within so many milliseconds. */
  | { readonly type: "killed"; readonly version: string; readonly waited: number }
