import { concatBytes } from "@spore/records"
import { safeJson } from "../output/plain.ts"
import { type Inspection, unreadable } from "./inspect.ts"
import { linesOf } from "./lines.ts"
import { createStdoutSink } from "./sink.ts"
import type { Source } from "./source.ts"
import { SporeError } from "@spore/records"

export interface LineInspector {
  /** Longer lines are told to be so. */
  readonly maxLine: number
  /** Must not throw. */
  inspect(line: Buffer): unknown
  /** What a file that begins with this byte is: one object in binary form. */
  readonly binary?: { readonly start: number; readonly maxBytes: number; inspect(bytes: Uint8Array): unknown }
}

/** Prints a line of JSON for each line of a file, until whoever reads it is gone. */
export async function inspectLines(source: Source, { maxLine, inspect, binary }: LineInspector): Promise<void> {
  const sink = createStdoutSink()
  const iterator = source.chunks[Symbol.asyncIterator]()
  const next = await iterator.next()
  if (next.done === true) return
  const first = next.value
  const rest = { [Symbol.asyncIterator]: () => iterator }
  if (binary !== undefined && first[0] === binary.start) {
    const bytes = await gather(first, rest, binary.maxBytes)
    await sink.write(`${safeJson(bytes === null ? tooLong(binary.maxBytes) : binary.inspect(bytes))}\n`)
    await sink.finish()
    return
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield first
    yield* rest
  }
  for await (const line of linesOf(chunks(), maxLine)) {
    const said = line.text === null ? tooLong(maxLine) : inspect(line.text)
    if (!(await sink.write(`${safeJson(said)}\n`))) return
  }
  await sink.finish()
}

function tooLong(limit: number): Inspection {
  return unreadable(new SporeError("too_large", `more than ${limit} bytes`))
}

/** The bytes of all chunks; null where there are more than `limit`. */
async function gather(first: Uint8Array, rest: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | null> {
  const parts = [first]
  let { length } = first
  for await (const chunk of rest) {
    length += chunk.length
    if (length > limit) return null
    parts.push(chunk)
  }
  return length > limit ? null : concatBytes(...parts)
}
