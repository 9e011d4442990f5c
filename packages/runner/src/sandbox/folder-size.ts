import { lstat, opendir } from "node:fs/promises"
import { join } from "node:path"

export interface FolderSize {
  /** As taken on disk. */
  bytes: number
  entries: number
}

/** What a folder takes, counted up to `maxEntries`. What cannot be read or vanishes meanwhile is passed over. */
export async function folderSize(folder: string, maxEntries: number): Promise<FolderSize> {
  const size = { bytes: 0, entries: 0 }
  const open = [folder]
  for (let path = open.pop(); path !== undefined && size.entries <= maxEntries; path = open.pop()) {
    try {
      for await (const entry of await opendir(path)) {
        const child = join(path, entry.name)
        if (++size.entries > maxEntries) break
        size.bytes += (await lstat(child)).blocks * 512
        if (entry.isDirectory()) open.push(child)
      }
    } catch {
      // a running program may remove or lock anything it made
    }
  }
  return size
}
