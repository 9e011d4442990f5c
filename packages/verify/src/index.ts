/**
 * Verdicts on claims, computed from reruns, and the order in which to rerun.
 *
 * @packageDocumentation
 */
export { assess } from "./assess.ts"
export * from "./class-context.ts"
export * from "./comparison.ts"
export { agreementBand, gainOf, inDeviations, isMatch } from "./compare.ts"
export { type Baselines, comparesToOwnBaseline } from "./baselines.ts"
export * from "./schedule.ts"
export * from "./trust.ts"
export * from "./verdicts.ts"
