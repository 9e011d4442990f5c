import { asyncIterableReader, readBlockHead, readHeader } from "@ipld/car/decoder"
import { isLegacyKind } from "@spore/legacy"
import { bytesEqual, type CID, cidOf, DAG_PB, encodeEnvelope, isLink, messageOf, RAW, SporeError } from "@spore/records"
import { cliError } from "../errors.ts"
import { isPayloadLink, type PageEntry, readFrame } from "./car-format.ts"
import type { Importer } from "./importer.ts"

/** Bytes read in search of one block's end: the largest artifact node, with room for framing and read-ahead. */
const MAX_AHEAD = 4 * 1024 * 1024

export interface CarReading {
  readonly importer: Importer
  /** Takes a block of an artifact, which fits its id. */
  onArtifact(cid: CID, block: Uint8Array): Promise<void>
}

/**
 * Reads a CAR block by block. Every block must hash to its id; every signed object must be listed with its signature by
 * a page before it. What came before a fault has been handed on.
 *
 * @throws SporeError `file_damaged` where it is no CAR, breaks off, or is larger in one piece than any block may be
 */
export async function readCar(name: string, chunks: AsyncIterable<Uint8Array>, reading: CarReading): Promise<void> {
  const { importer } = reading
  const listed = new Map<string, PageEntry>()
  let number = 0
  let isRootSeen = false

  async function take(cid: CID, bytes: Uint8Array, what: string, root: CID | undefined): Promise<void> {
    if (!(isPayloadLink(cid) || isLink(cid, [RAW, DAG_PB])) || !bytesEqual(cidOf(cid.code, bytes).bytes, cid.bytes)) {
      importer.refuse({ what, code: "bad_block", reason: `its bytes are not those of ${cid.toString()}` })
      return
    }
    const entry = listed.get(cid.toString())
    if (entry !== undefined) {
      listed.delete(cid.toString())
      await importer.add(what, offered(entry, bytes))
      return
    }
    if (cid.code === RAW || cid.code === DAG_PB) {
      await reading.onArtifact(cidOf(cid.code, bytes), bytes)
      return
    }
    if (root !== undefined && bytesEqual(root.bytes, cid.bytes)) isRootSeen = true
    const frame = readFrame(bytes)
    if (frame === null) importer.refuse({ what, code: "unsigned", reason: `no page before it lists ${cid.toString()}` })
    if (frame?.type !== "page") return
    refuseUnmet()
    for (const one of frame.entries) listed.set(one.cid.toString(), one)
  }
  function refuseUnmet(): void {
    for (const id of listed.keys()) {
      importer.refuse({
        what: `block ${number}`,
        code: "missing_block",
        reason: `a page lists ${id}, which is not there`,
      })
    }
    listed.clear()
  }

  try {
    const limit = { left: MAX_AHEAD }
    const reader = asyncIterableReader(capped(chunks, limit))
    const header = await readHeader(reader, 1)
    if (!("roots" in header)) throw new TypeError("no roots")
    const [root] = header.roots
    while ((await reader.upTo(8)).length > 0) {
      limit.left = MAX_AHEAD
      number++
      const { cid, blockLength } = await readBlockHead(reader)
      if (blockLength < 0 || blockLength > MAX_AHEAD) throw new RangeError(`a block of ${blockLength} bytes`)
      await take(cid, await reader.exactly(blockLength, true), `block ${number}`, root)
    }
  } catch (error) {
    if (error instanceof SporeError) throw error
    throw damaged(name, messageOf(error), error)
  }
  refuseUnmet()
  if (!isRootSeen) throw damaged(name, "it breaks off before its last block")
}

function offered({ signature, kind, cid }: PageEntry, payload: Uint8Array): Parameters<Importer["add"]>[1] {
  if (isLegacyKind(kind)) return { form: "legacy", kind, id: null, payload, signature }
  return { form: "envelope", envelope: encodeEnvelope({ payload, signature }), id: cid.toString() }
}

async function* capped(chunks: AsyncIterable<Uint8Array>, limit: { left: number }): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    limit.left -= chunk.length
    if (limit.left < 0) throw new RangeError("a block larger than any may be")
    yield chunk
  }
}

function damaged(name: string, reason: string, cause?: unknown): Error {
  return cliError("file_damaged", `${name} is no whole CAR: ${reason}`, {
    cause,
    next: "get the file anew; what came before the fault is stored, and importing again is no harm",
  })
}
