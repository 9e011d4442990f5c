import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ownIdentity } from "../process/identity.ts"

/** Below the folder of versions: a file `<version>.<pid>` for each process that runs one, in the form of a claim. */
export const IN_USE = "in-use"
/** Of a claim that is being made. */
export const CLAIM_DRAFT = ".draft"

/** Keeps a version from being removed. */
export interface VersionClaim {
  /** At once, since it may be the last thing that the process does. */
  release(): void
}

/**
 * Says that this process runs a version of a folder: it loads parts of it as it goes, so that none may be removed for as
 * long as it lives. Done before anything of the version runs, it imports as little as a launcher.
 *
 * @throws what the system says
 */
export function claimVersion(folder: string, version: string): VersionClaim {
  const claims = join(folder, IN_USE)
  const path = join(claims, `${version}.${process.pid}`)
  mkdirSync(claims, { recursive: true, mode: 0o700 })
  writeFileSync(path + CLAIM_DRAFT, `${JSON.stringify(ownIdentity())}\n`, { mode: 0o600 })
  renameSync(path + CLAIM_DRAFT, path)
  return { release: () => rmSync(path, { force: true }) }
}
