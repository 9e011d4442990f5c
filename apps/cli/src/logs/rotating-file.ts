import { closeSync, fstatSync, lstatSync, openSync, renameSync, rmSync, type Stats, writeSync } from "node:fs"
import { hasErrorCode } from "@spore/records"
import { makeLogFolder, openAppending } from "./open-appending.ts"

/** A file of lines that grows to a bound, then begins anew. */
export interface RotatingFile {
  /** On return the line is in the file; where the disk refuses it, it is lost and told of with the next that is not. */
  write(line: string): void
  close(): void
}

/** Whoever moves the file holds its lock for some microseconds; one this old was left by a process that was killed. */
const STALE_LOCK_MS = 10_000

/**
 * Appends lines to `path`, readable for its owner alone. Past `maxBytes` the file is moved to `path.1`, replacing the
 * one before. Several processes may write to it, and anybody may move, truncate or delete it meanwhile: each line goes
 * to the file that has the name when it is written.
 *
 * @param lost a line that says how many could not be written
 * @throws as openAppending
 */
export function openRotating(path: string, maxBytes: number, lost: (lines: number) => string): RotatingFile {
  makeLogFolder(path)
  let file = openAppending(path)
  let lostLines = 0

  function append(text: string): void {
    const named = statOf(path)
    if (named === null || named.ino !== fstatSync(file).ino) reopen()
    else if (named.size > 0 && named.size + Buffer.byteLength(text) > maxBytes) {
      rotate(path, maxBytes - Buffer.byteLength(text))
      reopen()
    }
    if (writeSync(file, text) < Buffer.byteLength(text)) throw new Error("no room for the whole line")
  }

  function reopen(): void {
    const next = openAppending(path)
    closeSync(file)
    file = next
  }

  return {
    write: (line) => {
      try {
        append(lostLines === 0 ? line : lost(lostLines) + line)
        lostLines = 0
      } catch {
        // No room, or a disk that fails: what the process does matters more than what it says of it.
        lostLines++
      }
    },
    close: () => closeSync(file),
  }
}

/** Moves the file aside where it is still larger than that, unless another process does so at this moment. */
function rotate(path: string, most: number): void {
  const lock = `${path}.lock`
  if (!locked(lock)) return
  try {
    if ((statOf(path)?.size ?? 0) > most) renameSync(path, `${path}.1`)
  } finally {
    rmSync(lock, { force: true })
  }
}

function locked(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx", 0o600))
    return true
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error
    if (Date.now() - (statOf(lock)?.mtimeMs ?? 0) > STALE_LOCK_MS) rmSync(lock, { force: true })
    return false
  }
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}
