export type {
  LegacyBodyOf,
  LegacyChallenge,
  LegacyDispute,
  LegacyExperimentBody,
  LegacyProfileBody,
  LegacyRerun,
  LegacyTaskBody,
} from "./bodies.ts"
export {
  type ControlType,
  isLegacyKind,
  LEGACY_KINDS,
  type LegacyKind,
  type LegacyType,
  MAX_LEGACY_PAYLOAD,
  typeOfKind as legacyTypeOf,
} from "./families.ts"
export { inspectLegacy, type LegacyInspection } from "./inspect.ts"
export {
  type LegacyObject,
  type LegacyObjectOf,
  openLegacyParts,
  openLegacyPartsAsync,
  parseLegacy,
  verifyLegacy,
} from "./object.ts"
export { openLegacy } from "./open.ts"
export { MAX_LEGACY_JSON } from "./read.ts"
export { type LegacyFields, signLegacy, toWire } from "./write.ts"
