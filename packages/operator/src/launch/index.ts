/**
 * Which of the versions of a program runs: what its launcher needs, quickly, before any of them is loaded. Nothing is
 * imported but Node.js.
 *
 * @packageDocumentation
 */
export {
  BUILT_IN_VARIABLE,
  builtInProgram,
  chooseProgram,
  type Choice,
  type ChoiceInit,
  PASSED_OVER,
  type Program,
  versionsFolder,
} from "./choose-program.ts"
export { claimVersion, type VersionClaim } from "./claim-version.ts"
export { isOwnFile, isOwnFolder } from "./own-alone.ts"
export { compareVersions } from "./semver.ts"
