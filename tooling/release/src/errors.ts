import { SporeError } from "@spore/records"

/** Why the tool refused. */
export type ReleaseToolErrorCode =
  /** Private keys would lie in a git work tree, or a file of that name is there. */
  | "keys_not_written"
  /** Too few of the keys that have to sign are here. */
  | "keys_missing"
  | "bad_key"
  /** The folder holds a repository already, or none, or one that is damaged. */
  | "bad_repository"
  /** Not a packed `@spore/cli`, or not newer than what is published. */
  | "bad_archive"
  /** What was signed elsewhere does not follow on what is published, or lacks signatures. */
  | "bad_document"
  /** What nodes are to do once is none of the closed list, or lacks what belongs to it. */
  | "bad_instructions"

export function problem(code: ReleaseToolErrorCode, message: string, next?: string): SporeError<ReleaseToolErrorCode> {
  return new SporeError<ReleaseToolErrorCode>(code, message, next === undefined ? {} : { next })
}
