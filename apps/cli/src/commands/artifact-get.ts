import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { writeArtifact } from "../exchange/artifact-write.ts"
import { artifactId, bringHere, openArtifacts } from "../exchange/local-artifacts.ts"
import { count, formatBytes } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"

const optionsSchema = z.object({ out: z.string().min(1).optional() })

/** Writes an artifact to disk; what is not held here the running node fetches first. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const root = artifactId(args[0])
  const path = optionsSchema.parse(options).out ?? root.toString()
  const local = await openArtifacts(dataDir)
  await bringHere(dataDir, local, root)
  const written = await writeArtifact(local.artifacts, root, path)
  // Data on stdout is all that stdout is for.
  if (path === "-") return
  if (json) output.print(safeJson({ cid: root.toString(), path, ...written }))
  else output.tell(`${count(written.files, "file")} (${formatBytes(written.bytes)}) written to ${path}`)
}
