import { compareVersions } from "../launch/semver.ts"
import { type HistoryEntry, MAX_HISTORY, type VersionEvent, type VersionState } from "./state.ts"

/** Attempts of a trial that may come to no end, by a crash of the machine for instance. */
export const MAX_ATTEMPTS = 3
/** Refused versions that are remembered: the newest refusals. */
const MAX_REFUSED = 100
const MAX_REASON = 500

/** The version that runs, of what was installed by hand (null) and what the state says. */
export function runningOf({ current, refused }: VersionState, builtIn: string): string | null {
  if (current === null || Object.hasOwn(refused, current)) return null
  return Object.hasOwn(refused, builtIn) || compareVersions(current, builtIn) > 0 ? current : null
}

export function withEvent(
  state: VersionState,
  at: number,
  event: VersionEvent,
  version: string,
  reason: string | null = null,
): VersionState {
  const entry: HistoryEntry = { at, event, version, reason: reason?.slice(0, MAX_REASON) ?? null }
  return { ...state, history: [...state.history, entry].slice(-MAX_HISTORY) }
}

/** One more attempt at a version; another one's trial is given up without a verdict. */
export function tried(state: VersionState, at: number, version: string): VersionState {
  const before = state.trial?.version === version ? state.trial : { attempts: 0, began: at }
  const trial = { version, attempts: before.attempts + 1, began: before.began }
  return withEvent({ ...state, trial }, at, "tried", version, trial.attempts === 1 ? null : `attempt ${trial.attempts}`)
}

export function attemptTakenBack(state: VersionState): VersionState {
  const { trial } = state
  return trial === null ? state : { ...state, trial: { ...trial, attempts: Math.max(0, trial.attempts - 1) } }
}

export function accepted(state: VersionState, at: number, version: string, builtIn: string): VersionState {
  const previous = { version: runningOf(state, builtIn) }
  return withEvent({ ...state, current: version, previous, trial: null }, at, "accepted", version)
}

export function rejected(state: VersionState, at: number, version: string, reason: string): VersionState {
  const trial = state.trial?.version === version ? null : state.trial
  return withEvent(
    { ...state, trial, refused: withRefused(state, at, version, reason) },
    at,
    "rejected",
    version,
    reason,
  )
}

/** The user wants no version that is on trial or to be tried: what ran before it runs on, and what that goes back to stays. */
export function withdrawn(state: VersionState, at: number, version: string, reason: string): VersionState {
  const refused = withRefused(state, at, version, reason)
  const trial = state.trial?.version === version ? null : state.trial
  return withEvent({ ...state, trial, refused }, at, "rolled_back", version, reason)
}

/** `version` no longer runs, and `current` does: null for what was installed by hand. */
export function rolledBack(
  state: VersionState,
  at: number,
  version: string,
  current: string | null,
  reason: string,
): VersionState {
  const refused = withRefused(state, at, version, reason)
  const next = { ...state, current, previous: null, trial: null, refused }
  return withEvent(next, at, "rolled_back", version, reason)
}

export function forgiven(state: VersionState, at: number, version: string): VersionState {
  const { [version]: _, ...refused } = state.refused
  return withEvent({ ...state, refused }, at, "forgiven", version)
}

function withRefused({ refused }: VersionState, at: number, version: string, reason: string): VersionState["refused"] {
  const { [version]: _, ...others } = refused
  const entries = [...Object.entries(others), [version, { reason: reason.slice(0, MAX_REASON), at }] as const]
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => a.at - b.at).slice(-MAX_REFUSED))
}
