import { CHUNK } from "./format.ts"

/** Writes one JSON value. */
export type WriteJson = (path: string, value: unknown) => Promise<void>

/** Writes a list in files of `size` entries; an empty list has no file. */
export async function writeChunks(
  write: WriteJson,
  items: readonly unknown[],
  path: (chunk: number) => string,
  size: number = CHUNK,
): Promise<void> {
  for (let chunk = 0; chunk * size < items.length; chunk++) {
    await write(path(chunk), items.slice(chunk * size, (chunk + 1) * size))
  }
}
