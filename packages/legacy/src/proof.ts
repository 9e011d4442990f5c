/**
 * What it takes to check an object of the 0.6 network from its bytes, in Node and in a browser.
 *
 * @packageDocumentation
 */
export { type LegacyObject, parseLegacy } from "./objects/object.ts"
export { experimentRow as legacyExperimentRow } from "./projection/rows.ts"
export { verifyLegacySignatureAsync } from "./signature/verify.ts"
