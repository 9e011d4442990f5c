import { constants } from "node:fs"
import { chmod, lstat, open, readdir } from "node:fs/promises"

/** Files a job left. Whatever else it left (links, pipes, devices, odd names) is refused and only counted. */
export interface Outputs {
  /** Sizes by path, `/` between names. */
  readonly files: ReadonlyMap<string, number>
  readonly refused: number
  /** A file's bytes; undefined where there is no such file, or it is larger than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>
}

const MAX_DEPTH = 8
const MAX_FILES = 1000
const MAX_NAME_BYTES = 128

/** Looks through an output folder. Only to be called when no process of the job is left. */
export async function collectOutputs(folder: string): Promise<Outputs> {
  const files = new Map<string, number>()
  let refused = 0

  const visit = async (path: string, depth: number): Promise<void> => {
    await chmod(join(folder, path), 0o700).catch(() => undefined)
    for (const name of await readdir(join(folder, path), "buffer").catch(() => [])) {
      const text = plainName(name)
      const child = text === null ? "" : join(path, text)
      const stat = text === null ? null : await lstat(join(folder, child)).catch(() => null)
      if (stat?.isDirectory() === true && depth < MAX_DEPTH) await visit(child, depth + 1)
      else if (stat?.isFile() === true && stat.nlink === 1 && files.size < MAX_FILES) {
        // no setuid bit outlives the job, and what it locked can be read
        await chmod(join(folder, child), 0o600).catch(() => undefined)
        files.set(child, stat.size)
      } else refused++
    }
  }
  await visit("", 1)

  return {
    files,
    refused,
    async read(path, maxBytes) {
      if ((files.get(path) ?? Infinity) > maxBytes) return undefined
      return readRegular(join(folder, path), maxBytes)
    },
  }
}

/** Reads a file unless it is a link or anything but a plain file. */
async function readRegular(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    return stat.isFile() && stat.size <= maxBytes ? await file.readFile() : undefined
  } finally {
    await file.close()
  }
}

/** The name as text, or null where it is not one that any system can hold. */
function plainName(name: Buffer): string | null {
  const text = name.toString()
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const plain = name.length <= MAX_NAME_BYTES && !/[\u0000-\u001f\u007f\\:\ufffd]/.test(text)
  return plain ? text : null
}

function join(folder: string, name: string): string {
  return folder === "" ? name : name === "" ? folder : `${folder}/${name}`
}
