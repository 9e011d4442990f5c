/**
 * Programs of the keeper's own choice: run with the keeper's rights, limited and ended like jobs.
 *
 * @packageDocumentation
 */
export { makeOwnedFolder, removeAbandonedFolders } from "../owned-folder.ts"
export { removeTree } from "../remove-tree.ts"
export { oneLine, utf8Head, utf8Tail } from "../text.ts"
export { createProgramOutput } from "./output.ts"
export * from "./user-program.ts"
export { isSystemPath, isWithin, type ShownPath, type UserView } from "./view.ts"
export type { JobLimits, JobResult, JobStreams } from "../sandbox/sandbox.ts"
