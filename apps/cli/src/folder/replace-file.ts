import { randomUUID } from "node:crypto"
import { open, rename, rm } from "node:fs/promises"

/** Writes beside the file, then puts that in its place: a crash leaves the old one or the new one. */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number = 0o600): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, "wx", mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
}
