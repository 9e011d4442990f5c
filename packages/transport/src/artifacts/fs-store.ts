import { randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { type CID, type Clock, DAG_PB, messageOf, parseLink, RAW, systemClock, hasErrorCode } from "@spore/records"
import {
  type ArtifactReader,
  type ArtifactStore,
  assertBlock,
  type HeldBlock,
  MAX_BLOCK,
  type PutOptions,
} from "@spore/records/artifacts"
import { transportError } from "../errors.ts"

/** No block takes longer to write. */
const MAX_DRAFT_MS = 10 * 60_000
/** How exactly it is kept when a block was used last. */
const USE_MS = 10 * 60_000
/** No block is larger. */
const MAX_FILE_BYTES = 2 * MAX_BLOCK

/**
 * Keeps blocks as files, `<dir>/<last two characters of the id>/<id>`, of which nothing but a content id makes the
 * name. Blocks are checked before they are written and whenever they are read: one that is not durable yet when power
 * is lost may be torn, and is removed when it is read. A file's time of change says when its block was used last.
 * Several processes may use a folder at once.
 *
 * @throws SporeError `artifact_store_unusable`
 */
export async function createFsArtifactStore(dir: string, clock: Clock = systemClock): Promise<ArtifactStore> {
  const temporary = join(dir, "tmp")
  const folders = new Set<string>()
  await orUnusable(dir, async () => {
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    await removeOldDrafts(temporary, clock.now())
  })

  async function get(cid: CID): Promise<Uint8Array | undefined> {
    const { file } = placeOf(dir, cid)
    const block = await orUnusable(dir, () => orMissing(readBlock(file, clock.now())))
    if (block === undefined || isBlock(cid, block)) return block
    // Damaged on disk: removed, so that it is fetched anew.
    await orUnusable(dir, () => rm(file, { force: true }))
    return undefined
  }

  async function put(
    cid: CID,
    block: Uint8Array,
    { durable = true, verified = false }: PutOptions = {},
  ): Promise<void> {
    if (!verified) assertBlock(cid, block)
    const { folder, file } = placeOf(dir, cid)
    await orUnusable(dir, async () => {
      // What need not be durable is asked for where it is missing: to look again would cost as much as to write.
      const held = durable ? await orMissing(stat(file)) : undefined
      if (held?.size === block.length) {
        await markUsed(file, clock.now())
        await syncFile(file)
        return
      }
      const draft = join(temporary, randomUUID())
      try {
        await writeDraft(draft, block, durable)
        await makeFolder(folder)
        await rename(draft, file)
        if (durable) await syncFile(folder)
      } catch (error) {
        folders.delete(folder)
        await rm(draft, { force: true })
        throw error
      }
    })
  }

  async function makeFolder(folder: string): Promise<void> {
    if (folders.has(folder)) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    folders.add(folder)
  }

  async function* blocks(): AsyncGenerator<HeldBlock> {
    for (const folder of await orUnusable(dir, () => readdir(dir))) {
      if (folder.length !== 2) continue
      const entries = await orUnusable(dir, () => orMissing(opendir(join(dir, folder))))
      for await (const { name } of entries ?? []) {
        const cid = idOf(name)
        const found = await orUnusable(dir, () => orMissing(stat(join(dir, folder, name))))
        if (cid !== undefined && found?.isFile() === true) yield { cid, bytes: found.size, usedAt: found.mtimeMs }
      }
    }
  }

  async function remove(cid: CID, unusedSince = Infinity): Promise<void> {
    const { file } = placeOf(dir, cid)
    await orUnusable(dir, async () => {
      const found = await orMissing(stat(file))
      if (found !== undefined && found.mtimeMs <= unusedSince) await rm(file, { force: true })
    })
  }

  return { has: (cid) => isHere(dir, cid), get, put, delete: remove, blocks }
}

/**
 * The same folder for who changes nothing of it: neither when a block was used nor what is damaged. A folder that does
 * not exist holds nothing.
 */
export function readFsArtifacts(dir: string): ArtifactReader {
  return {
    has: (cid) => isHere(dir, cid),
    get: async (cid) => {
      const block = await orUnusable(dir, () => orMissing(readBlock(placeOf(dir, cid).file, null)))
      return block !== undefined && isBlock(cid, block) ? block : undefined
    },
  }
}

function placeOf(dir: string, cid: CID): { folder: string; file: string } {
  const id = cid.toString()
  const folder = join(dir, id.slice(-2))
  return { folder, file: join(folder, id) }
}

async function isHere(dir: string, cid: CID): Promise<boolean> {
  const found = await orUnusable(dir, () => orMissing(stat(placeOf(dir, cid).file)))
  // A file that power was lost over is most often empty.
  return found?.isFile() === true && (found.size > 0 || isBlock(cid, new Uint8Array()))
}

function idOf(name: string): CID | undefined {
  try {
    return parseLink(name, RAW, DAG_PB)
  } catch {
    return undefined
  }
}

/** The content of a file, which counts as used `now`, or not at all. No more is read than a block may have. */
async function readBlock(path: string, now: number | null): Promise<Uint8Array> {
  const file = await open(path, "r")
  try {
    const { size, mtimeMs } = await file.stat()
    const bytes = await readStart(file, Math.min(size, MAX_FILE_BYTES + 1))
    if (now !== null && Math.abs(now - mtimeMs) >= USE_MS) await markUsed(path, now)
    return bytes
  } finally {
    await file.close()
  }
}

async function readStart(file: FileHandle, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, at)
    if (bytesRead === 0) return bytes.subarray(0, at)
    at += bytesRead
  }
  return bytes
}

async function markUsed(path: string, now: number): Promise<void> {
  try {
    await utimes(path, now / 1000, now / 1000)
  } catch {
    // Another process removed it, or keeps this one from writing: it only goes sooner.
  }
}

/** Removes what a process left that was killed while writing; younger drafts may be another process's work. */
async function removeOldDrafts(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await orMissing(stat(path))
    if (found !== undefined && now - found.mtimeMs > MAX_DRAFT_MS) await rm(path, { force: true })
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

async function writeDraft(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  const file = await open(path, "wx", 0o600)
  try {
    await file.writeFile(bytes)
    if (durable) await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a file's content durable, or a folder's names, where the system can. */
async function syncFile(path: string): Promise<void> {
  if (process.platform === "win32") return
  const file = await open(path, "r")
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined
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
