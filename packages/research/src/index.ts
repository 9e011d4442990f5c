/**
 * What to try next: parent choice and proposers.
 *
 * @packageDocumentation
 */
export * from "./parent.ts"
export * from "./proposer.ts"
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
