/**
 * What to try next: parent choice, proposers, and what a loop over them has to see to.
 *
 * @packageDocumentation
 */
export * from "./bounded.ts"
export { bytesOf, faultOf, fittingWords, isComparable } from "./candidate-check.ts"
export { type Change, changeOf } from "./change.ts"
export * from "./claims.ts"
export * from "./dead-ends.ts"
export * from "./duplicates.ts"
export * from "./fallback.ts"
export * from "./ledger.ts"
export * from "./parent.ts"
export * from "./proposer.ts"
export { modelName, type ModelSettings, type ProviderName, SERVICES, type TokenPrices } from "./llm/settings.ts"
export * from "./spending.ts"
export {
  activeValues,
  parseTunables,
  writeTunables,
  type Condition,
  type Domain,
  type Tunable,
  type TunedValue,
} from "./tuner/marks.ts"
export { createTuner } from "./tuner/tuner.ts"
