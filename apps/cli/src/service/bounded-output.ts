import { constants, copyFileSync, fstatSync, ftruncateSync, lstatSync, rmSync } from "node:fs"
import { MAX_OUTPUT, outputPath } from "./output-file.ts"

const LOOK_MS = 30_000

/**
 * Keeps `logs/service.log` small for as long as this process writes to it: a file that was opened by who started it
 * cannot be replaced, so what it holds is copied to `service.log.1` and cut off. Gives what ends that.
 */
export function boundOutput(dataDir: string): () => void {
  const timer = setInterval(() => {
    try {
      cutOutput(outputPath(dataDir), process.stdout.fd)
    } catch {
      // A full disk, for instance: the next look may do better.
    }
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** Cuts off what `file` holds, where that is the file at `path` and too large. */
export function cutOutput(path: string, file: number, maxBytes: number = MAX_OUTPUT): void {
  const own = fstatSync(file)
  if (!own.isFile() || own.size <= maxBytes) return
  if (lstatSync(path, { throwIfNoEntry: false })?.ino !== own.ino) return
  // Not into what is there: it may be a link.
  rmSync(`${path}.1`, { force: true })
  copyFileSync(path, `${path}.1`, constants.COPYFILE_EXCL)
  ftruncateSync(file, 0)
}
