import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { writeArtifactCar } from "../exchange/artifact-car.ts"
import { artifactId, bringHere, openArtifacts } from "../exchange/local-artifacts.ts"
import { createFileSink } from "../exchange/sink.ts"
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
    const blocks = await writeArtifactCar(local.artifacts, [root], sink)
    await sink.finish()
    if (json) output.print(safeJson({ cid: root.toString(), path, blocks }))
    else output.tell(`${count(blocks, "block")} written to ${path}`)
  } finally {
    await sink.abandon()
  }
}
