const NEWLINE = 10

/** A line of a file, without its end; of one that is too long, its length alone. */
export type Line =
  | { readonly number: number; readonly text: Buffer }
  | { readonly number: number; readonly text: null; readonly length: number }

/** The lines of a stream, from 1. Of a line longer than `maxBytes` nothing is kept. Empty lines are left out. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let number = 0
  let parts: Uint8Array[] = []
  let length = 0
  const take = (part: Uint8Array): void => {
    length += part.length
    if (length > maxBytes) parts = []
    else parts.push(part)
  }
  const end = (): Line | null => {
    number++
    const line: Line =
      length > maxBytes ? { number, text: null, length } : { number, text: trimmed(Buffer.concat(parts, length)) }
    parts = []
    length = 0
    return line.text?.length === 0 ? null : line
  }
  for await (const chunk of chunks) {
    let at = 0
    for (let stop = chunk.indexOf(NEWLINE); stop !== -1; stop = chunk.indexOf(NEWLINE, at)) {
      take(chunk.subarray(at, stop))
      at = stop + 1
      const line = end()
      if (line !== null) yield line
    }
    if (at < chunk.length) take(chunk.subarray(at))
  }
  const last = length === 0 ? null : end()
  if (last !== null) yield last
}

/** Without white space at either end: what comes from other systems ends in CR. */
function trimmed(line: Buffer): Buffer {
  let [start, stop] = [0, line.length]
  while (start < stop && isSpace(line[start])) start++
  while (stop > start && isSpace(line[stop - 1])) stop--
  return line.subarray(start, stop)
}

function isSpace(byte: number | undefined): boolean {
  return byte === 9 || byte === 13 || byte === 32
}
