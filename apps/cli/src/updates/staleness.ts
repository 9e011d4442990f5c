import type { Notice } from "@spore/api/client"
import { formatTime } from "../output/format.ts"
import type { LookRecord } from "./look-record.ts"

/** More than twice what a channel's timestamp is good for. */
const STALE_SECONDS = 7 * 86_400

/**
 * Why what is known of a channel says nothing of today: it has not answered for a week, or was asked in vain after what
 * it said had run out. Whoever holds back what is new can do that by silence alone.
 *
 * @param now Unix seconds
 */
export function staleness(
  look: Pick<LookRecord, "looked_at" | "reached_at" | "asked_since" | "valid_until">,
  now: number,
): Notice | null {
  const { looked_at: looked, reached_at: reached, valid_until: valid } = look
  const since = reached ?? look.asked_since ?? looked
  const isRunOut = valid !== null && valid < now && reached !== looked
  if (!isRunOut && now - since <= STALE_SECONDS) return null
  const answered =
    reached === null ? `never answered since ${formatTime(since)}` : `last answered on ${formatTime(reached)}`
  return {
    code: "channel_silent",
    message: `The release channel ${answered}: a newer version may be out, or be held back`,
    next: "spore update check",
  }
}
