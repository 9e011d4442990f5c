import type { TaskTerms } from "@spore/records"
import { OWN_BASELINE_TERMS, TERMS } from "./terms.ts"

/** A kind of class that things are tried in. */
export interface Condition {
  readonly name: string
  readonly terms: TaskTerms
  readonly offsets: number
  readonly freedom: number
}

/** Least certainty that anything is judged by, and what a class that has worked for a while has. */
export const NEW = 8
export const SETTLED = 40

export const FRESH: Condition = { name: "df 8", terms: TERMS, offsets: 0, freedom: NEW }
export const CALIBRATED: Condition = { name: "df 40", terms: TERMS, offsets: 0, freedom: SETTLED }
export const UNEVEN: Condition = { name: "df 40, hosts differ", terms: TERMS, offsets: 1, freedom: SETTLED }
export const OWN_FRESH: Condition = {
  name: "df 8, hosts differ, own baseline",
  terms: OWN_BASELINE_TERMS,
  offsets: 1,
  freedom: NEW,
}
export const OWN: Condition = {
  name: "df 40, hosts differ, own baseline",
  terms: OWN_BASELINE_TERMS,
  offsets: 1,
  freedom: SETTLED,
}
export const CONDITIONS: readonly Condition[] = [FRESH, CALIBRATED, UNEVEN, OWN_FRESH, OWN]
