import { claimVersion } from "@spore/operator/launch"
import type { Context } from "../context.ts"
import { findInstallation, type Installation } from "./installation.ts"

/**
 * Keeps the installed version that this process runs from being removed for as long as it lives, whatever it does: parts
 * of it are loaded only when they are needed.
 */
export function claimOwnVersion(
  process: { readonly env: Context["env"]; once(event: "exit", listener: () => void): unknown },
  installation: Pick<Installation, "isUpdate" | "versionsFolder" | "version"> = findInstallation(process.env),
): void {
  const { isUpdate, versionsFolder, version } = installation
  if (!isUpdate || versionsFolder === null) return
  try {
    const claim = claimVersion(versionsFolder, version)
    process.once("exit", () => claim.release())
  } catch {
    // A full disk, or a folder that may not be written to: no reason to run nothing.
  }
}
