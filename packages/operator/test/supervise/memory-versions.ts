import { SporeError } from "@spore/records"
import { NO_VERSIONS, type VersionState, type Versions } from "../../src/index.ts"

/** Versions that lie nowhere: every version up to 9.0.0 is installed. Steps of a trial can be made to fail. */
export interface MemoryVersions extends Versions {
  state(): VersionState
  /** Leaves a trial undecided, as a crash of the machine does. */
  pend(version: string): void
  /** The next so many calls fail. */
  fail(call: "accept" | "reject", times: number, code?: string): void
}

export function memoryVersions(): MemoryVersions {
  let state = NO_VERSIONS
  const failures = { accept: { times: 0, code: "" }, reject: { times: 0, code: "" } }

  function failing(call: "accept" | "reject"): void {
    const failure = failures[call]
    if (failure.times === 0) return
    failure.times -= 1
    throw new SporeError(failure.code, `no ${call}`)
  }
  const refuse = (version: string, reason: string): void => {
    state = { ...state, trial: null, refused: { ...state.refused, [version]: { reason, at: 0 } } }
  }
  const unused = async (): Promise<never> => {
    throw new Error("a supervisor does not do this")
  }
  return {
    state: () => state,
    pend: (version) => (state = { ...state, trial: { version, attempts: 1, began: 0 } }),
    fail: (call, times, code = "disk_full") => (failures[call] = { times, code }),
    read: async () => state,
    beginTrial: async (version) => {
      if (version in state.refused) throw new SporeError("version_refused", `${version} is refused`)
      if (version > "9") throw new SporeError("version_missing", `${version} is not installed`)
      const attempt = (state.trial?.version === version ? state.trial.attempts : 0) + 1
      state = { ...state, trial: { version, attempts: attempt, began: 0 } }
      return { version, entry: version, attempt }
    },
    takeBackAttempt: async () => {
      if (state.trial !== null) state = { ...state, trial: { ...state.trial, attempts: state.trial.attempts - 1 } }
    },
    accept: async (version) => {
      failing("accept")
      state = { ...state, trial: null, current: version }
    },
    reject: async (version, reason) => {
      failing("reject")
      refuse(version, reason)
    },
    entryOf: unused,
    install: unused,
    instructionsOf: unused,
    rollBack: unused,
    forgive: async (version) => {
      const { [version]: _, ...refused } = state.refused
      state = { ...state, refused }
    },
  }
}
