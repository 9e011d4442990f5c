/**
 * Verdicts on claims, computed from reruns, and the order in which to rerun.
 *
 * @packageDocumentation
 */
export * from "./schedule.ts"
export * from "./verdicts.ts"
