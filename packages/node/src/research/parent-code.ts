import { CID } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { TaskPackage } from "@spore/runner"

/** What is not here by then is fetched on beside the turn. */
const PATIENCE_MS = 10_000
const LONGEST_FETCH_MS = 5 * 60_000
/** Code that could not be had is left alone for so long, twice as long after each further failure. */
const FIRST_PAUSE_MS = 10 * 60_000
const LONGEST_PAUSE_MS = 24 * 60 * 60_000
/** At a time; what else is wanted has to be here. */
const MOST_FETCHES = 8
/** Codes remembered; the oldest go. */
const MOST = 1000

export interface ParentCodeInit {
  /** Monotonic milliseconds. */
  now(): number
  fetch(root: CID, signal: AbortSignal): Promise<void>
  /** Reads what was fetched. */
  read(taskPackage: TaskPackage, code: CID): Promise<FileTree>
  /** How long a turn waits for what has to be fetched; 10,000 by default. */
  patienceMs?: number
}

/** The files of experiments to build on. Anybody can claim to be the best with code that nobody serves. */
export interface ParentCode {
  /**
   * Null where they cannot be had now: the turn goes on with another parent.
   *
   * @param mayWait whether what has to be fetched is waited for at all
   * @throws the signal's reason once it is aborted
   */
  filesOf(taskPackage: TaskPackage, code: string, mayWait: boolean, signal: AbortSignal): Promise<FileTree | null>
}

export function createParentCode({ now, fetch, read, patienceMs = PATIENCE_MS }: ParentCodeInit): ParentCode {
  const failures = new Map<string, { count: number; until: number }>()
  const fetches = new Map<string, Promise<boolean>>()

  function failed(code: string): void {
    const count = (failures.get(code)?.count ?? 0) + 1
    failures.delete(code)
    failures.set(code, { count, until: now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1)) })
    const [oldest] = failures.keys()
    if (failures.size > MOST && oldest !== undefined) failures.delete(oldest)
  }

  /** Whether it came; goes on for whoever asks next, though this turn waits no longer. */
  function fetched(code: string, signal: AbortSignal): Promise<boolean> {
    const current = fetches.get(code)
    if (current !== undefined) return current
    if (fetches.size >= MOST_FETCHES) return Promise.resolve(false)
    const made = fetch(CID.parse(code), AbortSignal.any([signal, AbortSignal.timeout(LONGEST_FETCH_MS)])).then(
      () => true,
      () => {
        if (!signal.aborted) failed(code)
        return false
      },
    )
    const fetching = made.finally(() => fetches.delete(code))
    fetches.set(code, fetching)
    return fetching
  }

  return {
    filesOf: async (taskPackage, code, mayWait, signal) => {
      if (now() < (failures.get(code)?.until ?? 0)) return null
      const held = await read(taskPackage, CID.parse(code)).catch(() => null)
      if (held !== null) return held
      const isHere = await within(fetched(code, signal), mayWait ? patienceMs : 0)
      signal.throwIfAborted()
      if (!isHere) return null
      return read(taskPackage, CID.parse(code)).catch(() => {
        failed(code)
        return null
      })
    },
  }
}

async function within(work: Promise<boolean>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
