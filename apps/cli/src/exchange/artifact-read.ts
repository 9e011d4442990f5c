import { createReadStream } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { type CID, messageOf } from "@spore/records"
import { addFile, addFolder, type ArtifactStore, type FileContent, LARGE_LIMITS } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"

/** What was stored. */
export interface Added {
  readonly cid: CID
  /** Paths left out since their names begin with a dot. */
  readonly hidden: number
}

/**
 * Stores a file or folder, as `ipfs add --recursive` does: what begins with a dot is left out.
 *
 * @throws SporeError `not_found`, `file_unusable` for what is neither file nor folder, `artifact_bad_name`
 */
export async function addPath(artifacts: ArtifactStore, path: string): Promise<Added> {
  const found = await stat(path).catch((error: unknown) => {
    throw cliError("not_found", `cannot read ${path}: ${messageOf(error)}`, { cause: error, next: `ls -l ${path}` })
  })
  if (found.isFile()) return { cid: await addFile(artifacts, contentOf(path)), hidden: 0 }
  if (!found.isDirectory()) throw unusable(path, "it is neither file nor folder")
  const files = new Map<string, FileContent>()
  let hidden = 0

  async function gather(folder: string, below: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true })
    const seen = entries.filter(({ name }) => !name.startsWith("."))
    hidden += entries.length - seen.length
    if (seen.length === 0) throw unusable(folder, "an empty folder cannot be part of an artifact")
    for (const entry of seen) {
      const [at, name] = [join(folder, entry.name), below + entry.name]
      if (entry.isDirectory()) await gather(at, `${name}/`)
      else if (entry.isFile()) files.set(name, contentOf(at))
      else throw unusable(at, "it is neither file nor folder")
    }
    if (files.size > LARGE_LIMITS.maxFiles) throw unusable(path, `it holds more than ${LARGE_LIMITS.maxFiles} files`)
  }

  await gather(path, "")
  return { cid: await addFolder(artifacts, files), hidden }
}

/** Opened when it is read, so that a folder of many files does not keep them all open. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    const chunks: AsyncIterable<Uint8Array> = createReadStream(path)
    yield* chunks
  } catch (error) {
    throw unusable(path, messageOf(error), error)
  }
}

function unusable(path: string, reason: string, cause?: unknown): Error {
  return cliError("file_unusable", `cannot add ${path}: ${reason}`, { cause, next: `ls -la ${path}` })
}
