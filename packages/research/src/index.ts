/**
 * What to try next: parent choice and proposers.
 *
 * @packageDocumentation
 */
export * from "./parent.ts"
export * from "./proposer.ts"
export { modelName, type ModelSettings, type ProviderName, SERVICES, type TokenPrices } from "./llm/settings.ts"
export * from "./spending.ts"
export { parseTunables, writeTunables, type Domain, type Tunable, type TunedValue } from "./tuner/marks.ts"
export { createTuner } from "./tuner/tuner.ts"
