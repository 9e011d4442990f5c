import { type FileHandle, open } from "node:fs/promises"
import { stdin } from "node:process"
import { messageOf, hasErrorCode } from "@spore/records"
import { cliError } from "../errors.ts"

const CHUNK_BYTES = 256 * 1024

/** A file that is read from its beginning to its end, or standard input. */
export interface Source extends AsyncDisposable {
  /** For messages. */
  readonly name: string
  /** In bytes; null where it is not known. */
  readonly size: number | null
  /** Bytes taken so far. */
  taken(): number
  /** Can be gone through once. @throws SporeError `file_unusable` */
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * Opens a file for reading; `-` is standard input.
 *
 * @throws SporeError `not_found`, `file_unusable`
 */
export async function openSource(path: string): Promise<Source> {
  if (path === "-") return sourceOf("standard input", null, stdin, async () => undefined)
  const { file, size } = await openFile(path)
  const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false })
  return sourceOf(path, size, stream, async () => {
    stream.destroy()
    await file.close()
  })
}

/**
 * The whole of a small file.
 *
 * @throws SporeError `not_found`, `file_unusable`, the latter also where it is larger than `maxBytes`
 */
export async function readSource(path: string, maxBytes: number): Promise<Buffer> {
  await using source = await openSource(path)
  const parts: Uint8Array[] = []
  for await (const chunk of source.chunks) {
    parts.push(chunk)
    if (source.taken() > maxBytes) throw unusable(source.name, `it is larger than ${maxBytes} bytes`)
  }
  return Buffer.concat(parts)
}

function sourceOf(
  name: string,
  size: number | null,
  stream: AsyncIterable<Uint8Array | string>,
  close: () => Promise<void>,
): Source {
  let taken = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
        taken += bytes.length
        yield bytes
      }
    } catch (error) {
      throw unusable(name, messageOf(error), error)
    }
  }
  return { name, size, taken: () => taken, chunks: chunks(), [Symbol.asyncDispose]: close }
}

async function openFile(path: string): Promise<{ file: FileHandle; size: number | null }> {
  let file: FileHandle
  try {
    file = await open(path)
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) {
      throw cliError("not_found", `there is no file ${path}`, { cause: error, next: `ls -l ${path}` })
    }
    throw unusable(path, messageOf(error), error)
  }
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) throw unusable(path, "it is a folder, not a file")
    return { file, size: stat.isFile() ? stat.size : null }
  } catch (error) {
    await file.close()
    throw error
  }
}

function unusable(path: string, reason: string, cause?: unknown): Error {
  return cliError("file_unusable", `cannot read ${path}: ${reason}`, { cause, next: "give a file that can be read" })
}
