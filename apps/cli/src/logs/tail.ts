import { type FileHandle, open, stat } from "node:fs/promises"
import { setTimeout as delay } from "node:timers/promises"
import { hasErrorCode } from "@spore/records"

/** Read at once, going backwards or forwards. */
const CHUNK = 64 * 1024
/** A line that is longer comes in parts. */
const LONGEST_LINE = 1024 * 1024
const LINE_FEED = 0x0a

export interface TailInit {
  /** What was moved away is expected at `path.1`. */
  path: string
  /** Lines of the past to begin with. */
  lines: number
  /** Goes on with what is written from then on, until the signal ends it. */
  follow: boolean
  signal?: AbortSignal
  /** Milliseconds between two looks at the file; 200 by default. */
  pollMs?: number
}

/**
 * Gives the last lines of a log that rotates, across both its files, and, when following it, all that come after: also
 * when it is moved away, truncated, deleted or not there yet.
 */
export async function* tailLog({ path, lines, follow, signal, pollMs = 200 }: TailInit): AsyncGenerator<string> {
  let file = await opened(path)
  try {
    let { end, found } = await lastLines(file, path, lines)
    // An unfinished line is given when it is whole, or when nothing more is waited for.
    const unfinished = found.pop() ?? ""
    if (!follow) {
      const all = unfinished === "" ? found : [...found, unfinished]
      yield* lines === 0 ? [] : all.slice(-lines)
      return
    }
    yield* found
    const rest = createLines(unfinished)
    const isEnded = (): boolean => signal?.aborted === true
    while (!isEnded()) {
      if (file !== null) {
        const { size, ino } = await file.stat()
        // Truncated: what is there now is new.
        if (size < end) end = 0
        for await (const chunk of chunks(file, end, size)) {
          end += chunk.length
          yield* rest.add(chunk)
        }
        const named = await inodeOf(path)
        // As long as no other has the name, whoever moved it may still write its last words.
        if (named === ino || named === null) await pause(pollMs, signal)
        // Replaced: what came between the last look and that is in it still.
        else if ((await file.stat()).size === end) {
          await file.close()
          file = null
        }
      } else {
        file = await opened(path)
        end = 0
        if (file === null) await pause(pollMs, signal)
      }
    }
  } finally {
    await file?.close()
  }
}

/** The last lines up to now, the unfinished one after them, and how far the open file was read. */
async function lastLines(
  file: FileHandle | null,
  path: string,
  most: number,
): Promise<{ end: number; found: string[] }> {
  if (file === null) return { end: 0, found: [""] }
  const { size, ino } = await file.stat()
  const found = await lastOf(file, size, most)
  const missing = most - (found.length - 1)
  if (missing <= 0) return { end: size, found }
  const before = await opened(`${path}.1`)
  if (before === null) return { end: size, found }
  try {
    const older = await before.stat()
    // Moved away since it was opened.
    if (older.ino === ino) return { end: size, found }
    const lines = await lastOf(before, older.size, missing)
    return { end: size, found: [...lines.slice(0, -1).slice(-missing), ...found] }
  } finally {
    await before.close()
  }
}

/** The last whole lines before `end`, at most so many, and what follows the last line feed. */
async function lastOf(file: FileHandle, end: number, most: number): Promise<string[]> {
  const parts: Buffer[] = []
  let feeds = 0
  for (let at = end; at > 0 && feeds <= most;) {
    const length = Math.min(CHUNK, at)
    at -= length
    const part = await readAt(file, at, length)
    for (const byte of part) if (byte === LINE_FEED) feeds++
    parts.unshift(part)
  }
  const lines = Buffer.concat(parts).toString("utf8").split("\n")
  const unfinished = lines.pop() ?? ""
  return [...(most === 0 ? [] : lines.slice(-most)), unfinished]
}

async function* chunks(file: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const chunk = await readAt(file, at, Math.min(CHUNK, to - at))
    if (chunk.length === 0) return
    at += chunk.length
    yield chunk
  }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

/** Makes lines of bytes as they come. */
function createLines(begun: string): { add(chunk: Buffer): string[] } {
  const decoder = new TextDecoder()
  let unfinished = begun
  return {
    add: (chunk) => {
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split("\n")
      unfinished = lines.pop() ?? ""
      if (unfinished.length > LONGEST_LINE) {
        lines.push(unfinished)
        unfinished = ""
      }
      return lines
    },
  }
}

async function opened(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null
    throw error
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null
    throw error
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch {
    // Ended by the signal.
  }
}
