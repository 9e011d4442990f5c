import { randomUUID } from "node:crypto"
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { type CID, messageOf } from "@spore/records"
import { type ArtifactStore, assertBlock } from "@spore/records/artifacts"
import { transportError } from "../errors.ts"

/** No block takes longer to write. */
const MAX_DRAFT_MS = 10 * 60_000

/**
 * Keeps blocks as files, `<dir>/<last two characters of the id>/<id>`, of which nothing but a content id makes the
 * name. Blocks are checked before they are written and whenever they are read, and durable when `put` returns. Several
 * processes may use a folder at once.
 *
 * @throws SporeError `artifact_store_unusable`
 */
export async function createFsArtifactStore(dir: string): Promise<ArtifactStore> {
  const temporary = join(dir, "tmp")
  await orUnusable(dir, async () => {
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    await removeOldDrafts(temporary)
  })

  function placeOf(cid: CID): { folder: string; file: string } {
    const id = cid.toString()
    const folder = join(dir, id.slice(-2))
    return { folder, file: join(folder, id) }
  }

  async function has(cid: CID): Promise<boolean> {
    const { file } = placeOf(cid)
    return orUnusable(dir, async () => (await orMissing(stat(file)))?.isFile() ?? false)
  }

  async function get(cid: CID): Promise<Uint8Array | undefined> {
    const { file } = placeOf(cid)
    const bytes = await orUnusable(dir, () => orMissing(readFile(file)))
    if (bytes === undefined) return undefined
    const block = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    if (isBlock(cid, block)) return block
    // Damaged on disk: removed, so that it is fetched anew.
    await orUnusable(dir, () => rm(file, { force: true }))
    return undefined
  }

  async function put(cid: CID, block: Uint8Array): Promise<void> {
    assertBlock(cid, block)
    const { folder, file } = placeOf(cid)
    await orUnusable(dir, async () => {
      if ((await orMissing(stat(file)))?.size === block.length) return
      const draft = join(temporary, randomUUID())
      try {
        await writeDurably(draft, block)
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await rename(draft, file)
        await syncFolder(folder)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    })
  }

  return { has, get, put }
}

/** Removes what a process left that was killed while writing; younger drafts may be another process's work. */
async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await orMissing(stat(path))
    if (found !== undefined && Date.now() - found.mtimeMs > MAX_DRAFT_MS) await rm(path, { force: true })
  }
}

function isBlock(cid: CID, bytes: Uint8Array): boolean {
  try {
    assertBlock(cid, bytes)
    return true
  } catch {
    return false
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename into the folder durable, where the system can. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return
  const folder = await open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}

async function orUnusable<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw transportError("artifact_store_unusable", `cannot keep artifacts in ${dir}: ${messageOf(error)}`, {
      cause: error,
      next: `free space on its disk and make ${dir} writable`,
    })
  }
}
