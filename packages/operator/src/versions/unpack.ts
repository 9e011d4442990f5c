import { excerpt, hasErrorCode, messageOf, SporeError } from "@spore/records"
import { type ReadEntry, x } from "tar"
import type { OperatorErrorCode } from "../error-codes.ts"

/** What an archive may make of itself. */
export interface UnpackLimits {
  readonly entries: number
  /** Of all files together. */
  readonly bytes: number
}

export const UNPACK_LIMITS: UnpackLimits = { entries: 20_000, bytes: 1024 * 1024 * 1024 }

const MAX_DEPTH = 32

/**
 * Unpacks the archive of a package as npm makes them into an empty folder: files and folders below `package/` and
 * nothing else. On an error what was unpacked so far is left there.
 *
 * @throws SporeError `release_refused`, and what the system says
 */
export async function unpack(archive: string, folder: string, limits: UnpackLimits): Promise<void> {
  const left = { ...limits }
  let problem: string | null = null
  try {
    await x({
      file: archive,
      cwd: folder,
      strip: 1,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      dmode: 0o755,
      maxDepth: MAX_DEPTH,
      filter: (_, entry) => {
        problem ??= "header" in entry ? problemOf(entry, left) : "not an entry of an archive"
        return problem === null
      },
    })
  } catch (error) {
    // What the system says of the disk is not the archive's fault.
    if (problem === null && error instanceof Error && "syscall" in error && !hasErrorCode(error, "ENOTDIR", "EEXIST"))
      throw error
    throw refused(problem ?? messageOf(error), error)
  }
  if (problem !== null) throw refused(problem)
}

/** Looks at an entry before anything of it is written, and makes its mode an ordinary one. */
function problemOf(entry: ReadEntry, left: { entries: number; bytes: number }): string | null {
  const name = excerpt(entry.path)
  const isFolder = entry.type === "Directory"
  if (!isFolder && entry.type !== "File" && entry.type !== "OldFile") return `${name} is a ${entry.type}`
  const [top, ...parts] = (isFolder ? entry.path.replace(/\/$/, "") : entry.path).split("/")
  if (top !== "package" || (parts.length === 0 && !isFolder)) return `${name} is not below package/`
  if (!parts.every(isPlainName)) return `${name} is not a path that a package may have`
  left.entries -= 1
  left.bytes -= entry.size
  if (left.entries < 0) return "it has too many files"
  if (left.bytes < 0) return "its files are too large"
  entry.mode = isFolder || ((entry.mode ?? 0) & 0o100) !== 0 ? 0o755 : 0o644
  return null
}

function isPlainName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return name !== "" && name !== "." && name !== ".." && name.length <= 255 && !/[\u0000-\u001f\\:]/.test(name)
}

function refused(what: string, cause?: unknown): SporeError<OperatorErrorCode> {
  return new SporeError("release_refused", `the archive of the release cannot be installed: ${what}`, {
    cause,
    next: "tell who publishes the channel",
  })
}
