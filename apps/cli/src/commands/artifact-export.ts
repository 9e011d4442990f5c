import { CarWriter } from "@ipld/car"
import type { CID } from "@spore/records"
import { type ArtifactStore, heldBlocks, LARGE_LIMITS } from "@spore/records/artifacts"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { artifactId, bringHere, openArtifacts } from "../exchange/local-artifacts.ts"
import { createFileSink, type Sink } from "../exchange/sink.ts"
import { count } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"

const optionsSchema = z.object({ car: z.string().min(1) })

/** Writes all blocks of an artifact as a CAR whose root it is, for any IPFS tool. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const root = artifactId(args[0])
  const { car: path } = optionsSchema.parse(options)
  const local = await openArtifacts(dataDir)
  await bringHere(dataDir, local, root)
  const sink = await createFileSink(path)
  try {
    const blocks = await writeBlocks(local.artifacts, root, sink)
    await sink.finish()
    if (json) output.print(safeJson({ cid: root.toString(), path, blocks }))
    else output.tell(`${count(blocks, "block")} written to ${path}`)
  } finally {
    await sink.abandon()
  }
}

async function writeBlocks(artifacts: ArtifactStore, root: CID, sink: Sink): Promise<number> {
  const { cids, isWhole } = await heldBlocks(artifacts, root, LARGE_LIMITS)
  if (!isWhole) throw damaged(root)
  const { writer, out } = CarWriter.create([root])
  const pumping = pump(out, sink)
  pumping.catch(() => undefined)
  for (const cid of cids) {
    const bytes = await artifacts.get(cid)
    if (bytes === undefined) throw damaged(root)
    await Promise.race([writer.put({ cid, bytes }), pumping])
  }
  await Promise.race([writer.close(), pumping])
  await pumping
  return cids.length
}

async function pump(out: AsyncIterable<Uint8Array>, sink: Sink): Promise<void> {
  for await (const chunk of out) await sink.write(chunk)
}

function damaged(root: CID): Error {
  return cliError("file_damaged", `blocks of ${root} were damaged on disk`, {
    next: `fetch them anew: spore artifact get ${root}`,
  })
}
