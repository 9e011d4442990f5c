import { PINNED_TASK } from "../follow.ts"
import { FEEDBACK } from "../research/feedback.ts"
import { KEPT_PROPOSALS } from "../research/kept.ts"
import { SPENDING } from "../research/spending.ts"
import { TRIALS } from "../trials/kept.ts"
import { BACK_OFFS } from "../verification/back-offs.ts"
import { VERIFY_SECRET } from "../verification/draw.ts"
import { RERUN_REQUESTS } from "../verification/requests.ts"

const KEYS = new Set([PINNED_TASK, SPENDING, VERIFY_SECRET, RERUN_REQUESTS, BACK_OFFS, KEPT_PROPOSALS, FEEDBACK])
const BEGINNINGS = [TRIALS, `${FEEDBACK}/`]

/**
 * Whether a local value means the same in another database: what names facts, tasks and artifacts by id. Values that
 * count in sequence numbers (arrivals, prefetch), marks of what peers gave, what is derived, and what was done once to
 * the other database stay with it.
 */
export function isCarried(key: string): boolean {
  return KEYS.has(key) || BEGINNINGS.some((beginning) => key.startsWith(beginning))
}
