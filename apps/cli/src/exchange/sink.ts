import { fstatSync, write } from "node:fs"
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises"
import { stdout } from "node:process"
import { messageOf, hasErrorCode } from "@spore/records"
import { cliError } from "../errors.ts"

const BUFFER_BYTES = 256 * 1024
const STDOUT = 1

/** Where an export goes. */
export interface Sink {
  /**
   * Takes bytes or text; slow readers are waited for.
   *
   * @returns false once whoever read it is gone: nothing more is of use
   * @throws SporeError `file_unusable`
   */
  write(chunk: Uint8Array | string): Promise<boolean>
  /** Writes what is buffered; a file is now in its place, whole. */
  finish(): Promise<void>
  /** Gives up: no file is left that was not there before. Does nothing after `finish`. */
  abandon(): Promise<void>
}

/** A sink that is a file open for reading and writing. */
export interface FileSink extends Sink {
  /** Writes what is buffered, then lets `work` at the file. */
  edit(work: (file: FileHandle) => Promise<void>): Promise<void>
}

type WriteAll = (bytes: Uint8Array) => Promise<boolean>

/**
 * Writes a file beside its place and moves it there at the end. What is no regular file is written to directly.
 *
 * @throws SporeError `file_unusable`
 */
export async function createFileSink(path: string): Promise<FileSink> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory() === true) throw cannotWrite(path, new Error("it is a folder, not a file"))
  const isDirect = found !== null && !found.isFile()
  const draft = isDirect ? path : `${path}.${process.pid}.part`
  const file = await orCannotWrite(path, () => open(draft, isDirect ? "r+" : "w+", 0o600))
  const buffered = createBuffered(async (bytes) => {
    await orCannotWrite(path, () => file.writeFile(bytes))
    return true
  })
  let isOpen = true
  return {
    write: (chunk) => buffered.write(chunk),
    edit: async (work) => {
      await buffered.flush()
      await orCannotWrite(path, () => work(file))
    },
    finish: async () => {
      await buffered.flush()
      await orCannotWrite(path, async () => {
        if (!isDirect) await file.sync()
        isOpen = false
        await file.close()
        if (!isDirect) await rename(draft, path)
      })
    },
    abandon: async () => {
      if (!isOpen) return
      isOpen = false
      await file.close()
      if (!isDirect) await rm(draft, { force: true })
    },
  }
}

/** Standard output. */
export function createStdoutSink(): Sink {
  const buffered = createBuffered(isStream() ? writeToStream : writeToDescriptor)
  return {
    write: (chunk) => buffered.write(chunk),
    finish: async () => void (await buffered.flush()),
    abandon: async () => undefined,
  }
}

/** Whether stdout is a pipe, a socket or a terminal, which `process.stdout` owns. */
function isStream(): boolean {
  const kind = fstatSync(STDOUT)
  return stdout.isTTY || kind.isFIFO() || kind.isSocket()
}

function writeToStream(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => {
      if (error === null || error === undefined) resolve(true)
      else if (hasErrorCode(error, "EPIPE", "EIO")) resolve(false)
      else reject(cannotWrite("standard output", error))
    })
  })
}

/** A file or device: its errors are given here, where `process.stdout` would throw them at nobody. */
async function writeToDescriptor(bytes: Uint8Array): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    at += await orCannotWrite(
      "standard output",
      () =>
        new Promise<number>((resolve, reject) => {
          write(STDOUT, bytes, at, bytes.length - at, null, (error, written) => {
            if (error === null) resolve(written)
            else reject(error)
          })
        }),
    )
  }
  return true
}

/** Gathers small chunks into large writes. */
function createBuffered(writeAll: WriteAll): { write: Sink["write"]; flush(): Promise<boolean> } {
  let parts: Uint8Array[] = []
  let length = 0
  let isTaken = true
  async function flush(): Promise<boolean> {
    if (length === 0 || !isTaken) return isTaken
    const bytes = Buffer.concat(parts, length)
    parts = []
    length = 0
    isTaken = await writeAll(bytes)
    return isTaken
  }
  return {
    write: async (chunk) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
      parts.push(bytes)
      length += bytes.length
      return length < BUFFER_BYTES ? isTaken : flush()
    },
    flush,
  }
}

async function orCannotWrite<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

function cannotWrite(path: string, error: unknown): Error {
  const isFull = hasErrorCode(error, "ENOSPC", "EDQUOT")
  return isFull
    ? cliError("file_unusable", `no room left to write ${path}`, {
        cause: error,
        next: "free some room on its disk, or write elsewhere with --out",
      })
    : cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, {
        cause: error,
        next: "write elsewhere with --out",
      })
}
