import { lstat, readdir } from "node:fs/promises"

export interface FolderSize {
  /** As taken on disk. */
  bytes: number
  entries: number
  /** Whether there is anything that could not be looked at: locked folders, paths too long for the system. */
  hidden: boolean
}

const SLASH = Buffer.from("/")
const HIDDEN: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "ENAMETOOLONG", "ELOOP"])

/** What a folder takes, counted up to `maxEntries`. Names need not be text. What vanishes meanwhile is passed over. */
export async function folderSize(folder: string, maxEntries: number): Promise<FolderSize> {
  const size = { bytes: 0, entries: 0, hidden: false }
  const note = (error: unknown): void => {
    if (error instanceof Error && "code" in error && HIDDEN.has(error.code)) size.hidden = true
  }
  const open = [Buffer.from(folder)]
  for (let path = open.pop(); path !== undefined && size.entries <= maxEntries; path = open.pop()) {
    const names = ((await readdir(path, "buffer").catch(note)) ?? []).slice(0, maxEntries - size.entries + 1)
    size.entries += names.length
    const children = names.map((name) => Buffer.concat([path, SLASH, name]))
    const stats = await Promise.all(children.map((child) => lstat(child).catch(note)))
    size.bytes += stats.reduce((total, stat) => total + (stat?.blocks ?? 0) * 512, 0)
    open.push(...children.filter((_, i) => stats[i]?.isDirectory() === true))
  }
  return size
}
