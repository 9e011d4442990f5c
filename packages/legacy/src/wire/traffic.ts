import { LEGACY_TYPES, type LegacyType } from "../objects/families.ts"
import type { CodeCounts } from "./code-fetch.ts"
import type { LegacyVerdict } from "./facts.ts"

export type VerdictCounts = Record<LegacyVerdict | "refused", number>

/** What went over a connection. */
export interface LegacyTraffic {
  readonly received: Record<LegacyType, VerdictCounts>
  readonly sent: Record<LegacyType, number>
  readonly code: CodeCounts
  /** Reasons of what was refused, the first few. */
  readonly refusals: string[]
}

/** Most reasons that are kept. */
export const LISTED_REFUSALS = 16

export function emptyTraffic(): LegacyTraffic {
  return {
    received: byType(() => ({ stored: 0, known: 0, pending: 0, invalid: 0, ignored: 0, refused: 0 })),
    sent: byType(() => 0),
    code: { stored: 0, missing: 0, refused: 0 },
    refusals: [],
  }
}

function byType<T>(make: () => T): Record<LegacyType, T> {
  // The compiler does not see that every type gets one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(LEGACY_TYPES.map((type) => [type, make()])) as Record<LegacyType, T>
}
