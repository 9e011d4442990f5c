/**
 * Makes and keeps release channels: what `pnpm release` does, and what tests need to have one.
 *
 * @packageDocumentation
 */
export { common, decode, type Document, encode, isOf, type Signed, signed } from "./document.ts"
export type { ReleaseToolErrorCode } from "./errors.ts"
export { createKey, createKeys, type Keys, type ReleaseKey, type Role, type RoleKeys } from "./keys.ts"
export {
  createRepository,
  type Current,
  LIFETIMES,
  openRepository,
  type ReleaseOptions,
  type Repository,
  type RepositoryInit,
} from "./repository.ts"
export { packProgram, type ScriptedProgram } from "./testing/pack.ts"
export { type Answer, answers, type RepositoryServer, serveRepository } from "./testing/server.ts"
