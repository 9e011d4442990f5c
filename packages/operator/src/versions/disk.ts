import { mkdir, open, readdir, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { hasErrorCode, messageOf, SporeError } from "@spore/records"
import type { OperatorErrorCode } from "../error-codes.ts"

/** Changes to a folder that are on the disk when they return. */
export interface Disk {
  /** Writes a file whole: readers, and a start after the loss of power, see what was there or all of `text`. */
  write(path: string, text: string): Promise<void>
  move(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  makeFolder(path: string): Promise<void>
  /** All files and folders of a tree. */
  flush(folder: string): Promise<void>
}

/** @param beforeStep is called with the name of each step before it is taken: tests end the process there */
export function createDisk(beforeStep: (step: string) => void): Disk {
  return {
    write: async (path, text) => {
      const draft = draftOf(path)
      try {
        beforeStep(`write ${draft}`)
        const file = await open(draft, "w", 0o600)
        try {
          await file.writeFile(text)
          beforeStep(`flush ${draft}`)
          await file.sync()
        } finally {
          await file.close()
        }
        beforeStep(`rename to ${path}`)
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined)
        throw error
      }
      beforeStep(`flush the folder of ${path}`)
      await syncFolder(dirname(path))
    },
    move: async (from, to) => {
      beforeStep(`move to ${to}`)
      await rename(from, to)
      beforeStep(`flush the folder of ${to}`)
      await syncFolder(dirname(to))
    },
    remove: async (path) => {
      beforeStep(`remove ${path}`)
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
    },
    makeFolder: async (path) => {
      beforeStep(`make ${path}`)
      await mkdir(path, { recursive: true, mode: 0o700 })
    },
    flush: async (folder) => {
      beforeStep(`flush ${folder}`)
      await flushTree(folder)
    },
  }
}

/** Where a file is written before it replaces `path`. */
export function draftOf(path: string): string {
  return `${path}.draft`
}

async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    await (entry.isDirectory() ? flushTree(path) : syncFile(path))
  }
  await syncFolder(folder)
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r")
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Windows keeps names durable by itself, and refuses this. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform !== "win32") await syncFile(path)
}

/** In the words of this package, where the system said that the disk is full or may not be written to. */
export function diskError(error: unknown, folder: string): unknown {
  if (hasErrorCode(error, "ENOSPC", "EDQUOT", "EFBIG")) {
    return new SporeError<OperatorErrorCode>("disk_full", `no room for versions in ${folder}: ${messageOf(error)}`, {
      cause: error,
      next: "make room there, and try again",
    })
  }
  if (hasErrorCode(error, "EROFS", "EACCES", "EPERM")) {
    return readOnly(folder, `cannot write to the folder of versions ${folder}: ${messageOf(error)}`, error)
  }
  return error
}

export function readOnly(folder: string, message: string, cause?: unknown): SporeError<OperatorErrorCode> {
  return new SporeError("versions_read_only", message, {
    cause,
    next: `make ${folder} a folder of this user's that nobody else can write to, or name another in SPORE_VERSIONS`,
  })
}
