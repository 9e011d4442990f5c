import { messageOf, SporeError, hasErrorCode } from "@spore/records"
import type { LegacyErrorCode } from "../errors.ts"
import type { LegacyRefusal } from "./types.ts"

/** A thrown error as the refusal of one thing. */
export function refusalOf(what: string, error: unknown): LegacyRefusal {
  // Errors with codes that are thrown here are this package's own.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const code = error instanceof SporeError ? (error.code as LegacyErrorCode) : "unreadable"
  return { what, code, reason: messageOf(error) }
}

/** Whether a file is not there. */
export function isMissing(error: unknown): boolean {
  return hasErrorCode(error, "ENOENT", "ENOTDIR")
}
