import { mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { type CID, messageOf, SporeError } from "@spore/records"
import { type ArtifactFile, type ArtifactStore, type FileTree, LARGE_LIMITS, readFiles } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"
import { createFileSink, createStdoutSink, type Sink } from "./sink.ts"

/** What was written. */
export interface Written {
  readonly type: "file" | "folder"
  readonly files: number
  readonly bytes: number
}

/**
 * Writes an artifact to `path`, `-` being standard output for a single file. A file replaces what is there; a folder
 * must be new, and appears whole. Every name in it was checked by the reader, nothing but files and folders is made,
 * and no file is opened that exists, so that nothing outside can be reached.
 *
 * @throws SporeError `file_unusable`, or as `readFiles`
 */
export async function writeArtifact(artifacts: ArtifactStore, root: CID, path: string): Promise<Written> {
  const files = readFiles(artifacts, root, LARGE_LIMITS)
  const first = await files.next()
  if (first.done !== true && first.value.path === "") {
    await writeSingle(first.value, path)
    return { type: "file", files: 1, bytes: first.value.size }
  }
  if (path === "-") throw cliError("bad_usage", "a folder does not fit on standard output", { next: "give --out" })
  return writeFolder(path, async function* () {
    for (let next = first; next.done !== true; next = await files.next()) yield next.value
  })
}

/**
 * Writes files whose names were checked to a new folder, which appears whole.
 *
 * @throws SporeError `file_unusable`
 */
export async function writeFiles(files: FileTree, path: string): Promise<Written> {
  return writeFolder(path, async function* () {
    for (const [name, bytes] of files) {
      yield {
        path: name,
        size: bytes.length,
        content: async function* () {
          yield bytes
        },
      }
    }
  })
}

async function writeFolder(path: string, files: () => AsyncIterable<ArtifactFile>): Promise<Written> {
  if ((await stat(path).catch(() => null)) !== null) throw cannotWrite(path, "it exists already")
  return orCannotWrite(path, async () => {
    const draft = await mkdtemp(join(dirname(resolve(path)), `.${basename(path)}.part-`))
    try {
      let [count, bytes] = [0, 0]
      for await (const file of files()) {
        await writeBelow(draft, file)
        count++
        bytes += file.size
      }
      await rename(draft, path)
      return { type: "folder", files: count, bytes }
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw error
    }
  })
}

async function writeSingle(file: ArtifactFile, path: string): Promise<void> {
  const sink: Sink = path === "-" ? createStdoutSink() : await createFileSink(path)
  try {
    for await (const part of file.content()) if (!(await sink.write(part))) break
    await sink.finish()
  } finally {
    await sink.abandon()
  }
}

async function writeBelow(folder: string, file: ArtifactFile): Promise<void> {
  const target = join(folder, ...file.path.split("/"))
  await mkdir(dirname(target), { recursive: true })
  // Two names that this system takes for one are an error rather than one file.
  const handle = await open(target, "wx")
  try {
    for await (const part of file.content()) await handle.writeFile(part)
  } finally {
    await handle.close()
  }
}

async function orCannotWrite<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SporeError) throw error
    throw cannotWrite(path, messageOf(error), error)
  }
}

function cannotWrite(path: string, reason: string, cause?: unknown): Error {
  return cliError("file_unusable", `cannot write ${path}: ${reason}`, {
    cause,
    next: "give another path with --out",
  })
}
