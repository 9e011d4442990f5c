import { isSporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { parseLock } from "../environment/lock.ts"
import type { EnvironmentSpec } from "./manifest.ts"

/** Where projects keep what they pinned, the frozen form first. */
const LOCKS = ["requirements.lock", "requirements-lock.txt", "requirements.txt"]

/** The first file of requirements of which each is pinned by version and hash: others cannot be prepared safely. */
export function environmentOf(files: FileTree): { environment?: EnvironmentSpec } {
  const lock = LOCKS.find((path) => isLock(files.get(path)))
  return lock === undefined ? {} : { environment: { lock, systemPackages: false } }
}

function isLock(content: Uint8Array | undefined): boolean {
  if (content === undefined) return false
  try {
    return parseLock(new TextDecoder().decode(content)).length > 0
  } catch (error) {
    if (isSporeError(error, "lock_refused")) return false
    throw error
  }
}
