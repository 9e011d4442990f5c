import { CarWriter } from "@ipld/car"
import type { CID } from "@spore/records"
import { type ArtifactStore, heldBlocks, LARGE_LIMITS } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"
import type { Sink } from "./sink.ts"

/**
 * Writes all blocks of artifacts as a CAR whose roots they are, for any IPFS tool; gives their number.
 *
 * @throws SporeError `file_damaged` where an artifact is not held in full
 */
export async function writeArtifactCar(artifacts: ArtifactStore, roots: readonly CID[], sink: Sink): Promise<number> {
  const { writer, out } = CarWriter.create([...roots])
  const pumping = pump(out, sink)
  pumping.catch(() => undefined)
  let count = 0
  for (const root of roots) {
    const { cids, isWhole } = await heldBlocks(artifacts, root, LARGE_LIMITS)
    if (!isWhole) throw damaged(root)
    for (const cid of cids) {
      const bytes = await artifacts.get(cid)
      if (bytes === undefined) throw damaged(root)
      await Promise.race([writer.put({ cid, bytes }), pumping])
    }
    count += cids.length
  }
  await Promise.race([writer.close(), pumping])
  await pumping
  return count
}

async function pump(out: AsyncIterable<Uint8Array>, sink: Sink): Promise<void> {
  for await (const chunk of out) await sink.write(chunk)
}

function damaged(root: CID): Error {
  return cliError("file_damaged", `blocks of ${root} were damaged on disk`, {
    next: `fetch them anew: spore artifact get ${root}`,
  })
}
