import { type Stats, lstatSync, statSync } from "node:fs"

const WRITABLE_BY_OTHERS = 0o022

/** Whether `folder` is a folder of this user's that nobody else can write to. */
export function isOwnFolder(folder: string): boolean {
  const stats = looked(() => statSync(folder))
  return stats !== null && stats.isDirectory() && isOwnAlone(stats)
}

/** The same of a file, which a link is not. */
export function isOwnFile(path: string): boolean {
  const stats = looked(() => lstatSync(path))
  return stats !== null && stats.isFile() && isOwnAlone(stats)
}

/** Null where there is nothing, and where it may not or cannot be looked at: that must not keep a launcher from running. */
export function looked(look: () => Stats): Stats | null {
  try {
    return look()
  } catch {
    return null
  }
}

/** On Windows, where modes say nothing, a user's profile is the user's. */
function isOwnAlone({ uid, mode }: Stats): boolean {
  const own = process.getuid?.()
  return own === undefined || (uid === own && (mode & WRITABLE_BY_OTHERS) === 0)
}
