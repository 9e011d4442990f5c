import { hasErrorCode, isSporeError } from "@spore/records"

/** What a node meets before it is up that is of its folder, its flags, its settings or this machine. */
const OF_HOST: readonly string[] = [
  "already_running",
  "port_in_use",
  "disk_full",
  "database_full",
  "folder_unusable",
  "file_unusable",
  "artifact_store_unusable",
  "agent_command",
  "python_unusable",
  "bad_address",
  "bad_config",
  "bad_setting",
  "bad_usage",
]
/** A disk, its rights, or a limit of the system. */
const OF_SYSTEM = ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE", "ENOMEM"]

/** Whether an error keeps a node from starting whatever its version: no reason to go back to the one before. */
export function isHindrance(error: unknown): boolean {
  if (isSporeError(error, "instruction_failed")) return isHindrance(error.cause)
  return isSporeError(error) ? OF_HOST.includes(error.code) : hasErrorCode(error, ...OF_SYSTEM)
}
