import type { Notice, UpdateStatus } from "@spore/api/client"
import type { VersionState } from "@spore/operator"
import type { LookRecord } from "./look-record.ts"
import { staleness } from "./staleness.ts"
import { standingOf } from "./standing.ts"

export interface StatusSource {
  readonly version: string
  /** Of Node.js. */
  readonly node: string
  readonly channel: string
  /** Why nothing is taken without being asked for; null where it is. */
  readonly whyNot: string | null
  readonly look: LookRecord | null
  readonly state: VersionState
  readonly doing: UpdateStatus["doing"]
  /** Unix milliseconds. */
  readonly now: number
  readonly nextLook: number | null
  /** Of this process; else that of the last look counts. */
  readonly problem: Notice | null
}

export function updateStatus(source: StatusSource): UpdateStatus {
  const { look, whyNot, nextLook } = source
  const newest = look?.newest ?? null
  const stale = look === null ? null : staleness(look, source.now / 1000)
  return {
    automatic: whyNot === null,
    why_not: whyNot,
    channel: source.channel,
    doing: source.doing,
    newest:
      newest === null ? null : { version: newest.version, released: newest.released, ...standingOf(newest, source) },
    trial: source.state.trial?.version ?? null,
    looked_at: look?.looked_at ?? null,
    reached_at: look?.reached_at ?? null,
    next_look_at: nextLook === null ? null : Math.round(nextLook / 1000),
    stale: stale !== null,
    problem: source.problem ?? look?.problem ?? (whyNot === null ? stale : null),
  }
}
