import { excerpt, SporeError } from "../errors.ts"
import type { ArtifactErrorCode } from "./store.ts"

const utf8 = new TextEncoder()

/**
 * A relative path of at most 8 names and 512 bytes, safe to create below any folder of a POSIX system.
 *
 * @throws SporeError `artifact_bad_name`
 */
export function checkedPath(path: string): string {
  const names = path.split("/")
  if (names.length > 8 || utf8.encode(path).length > 512 || names.some(isUnsafeName)) throw badName(path)
  return path
}

/** The path of `name` in `folder`, the empty path being the root. */
export function childPath(folder: string, name: string): string {
  if (name.includes("/")) throw badName(name)
  return checkedPath(folder === "" ? name : `${folder}/${name}`)
}

export function badName(path: string): SporeError<ArtifactErrorCode> {
  return new SporeError("artifact_bad_name", `unsafe path in an artifact: ${excerpt(JSON.stringify(path))}`)
}

function isUnsafeName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || !name.isWellFormed() || utf8.encode(name).length > 255)
    return true
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return /[\u0000-\u001f\u007f\\:]/.test(name)
}
