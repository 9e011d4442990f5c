import { blockedArtifacts } from "@spore/node/local"
import type { Store } from "@spore/dag"
import { isSporeError } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { type BlockCounts, createBlockIntake } from "./car-blocks.ts"
import { readCar } from "./car-read.ts"
import { createImporter, type ImportCounts, type Importer } from "./importer.ts"
import { linesOf } from "./lines.ts"
import { MAX_LINE, readLine } from "./object-line.ts"
import type { Source } from "./source.ts"

/** Second byte of a CAR, after a length of one byte: a map of two. Text has no such byte before its 59th. */
const MAP_OF_TWO = 0xa2

export interface FileReport {
  readonly format: "ndjson" | "car"
  readonly facts: ImportCounts
  /** Of artifacts; none in NDJSON. */
  readonly blocks: BlockCounts
  /** Why reading ended before the end of the file; what came before is stored. Null where it did not. */
  readonly failure: unknown
}

export interface ImportInit {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly onProgress: (bytes: number) => void
}

/** Takes in a file of signed objects, NDJSON or CAR. Memory does not grow with the file. */
export async function importFile(source: Source, { store, artifacts, onProgress }: ImportInit): Promise<FileReport> {
  const importer = createImporter(store)
  const intake = createBlockIntake(artifacts, importer, await blockedArtifacts(store))
  const { first, chunks } = await peek(source.chunks)
  const watched = observed(chunks, () => onProgress(source.taken()))
  const isCar = first[1] === MAP_OF_TWO || first[2] === MAP_OF_TWO
  let failure: unknown = null
  try {
    if (isCar) {
      await readCar(source.name, watched, { importer, onArtifact: (cid, block) => intake.take(cid, block) })
    } else await readLines(watched, importer)
  } catch (error) {
    if (!isSporeError(error, "file_damaged", "file_unusable")) throw error
    failure = error
  }
  return { format: isCar ? "car" : "ndjson", blocks: await intake.end(), facts: await importer.end(), failure }
}

async function readLines(chunks: AsyncIterable<Uint8Array>, importer: Importer): Promise<void> {
  for await (const line of linesOf(chunks, MAX_LINE)) {
    const what = `line ${line.number}`
    if (line.text === null) {
      importer.refuse({ what, code: "too_large", reason: `a line of ${line.length} bytes, limit ${MAX_LINE}` })
      continue
    }
    try {
      await importer.add(what, readLine(line.text))
    } catch (error) {
      if (!isSporeError(error, "bad_encoding")) throw error
      importer.refuse({ what, code: "bad_encoding", reason: error.message })
    }
  }
}

async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ first: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const start: Uint8Array[] = []
  // A pipe may begin with a chunk of a single byte.
  for (let length = 0; length < 3;) {
    const next = await iterator.next()
    if (next.done === true) break
    start.push(next.value)
    length += next.value.length
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* start
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { first: Buffer.concat(start), chunks: all() }
}

async function* observed(chunks: AsyncIterable<Uint8Array>, onChunk: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    onChunk()
  }
}
