import type { Context, Invocation } from "../context.ts"
import { addPath } from "../exchange/artifact-read.ts"
import { openArtifacts } from "../exchange/local-artifacts.ts"
import { count } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"

/** Stores a file or folder and pins it. */
export async function run({ dataDir, json, output }: Context, { args: [path = ""] }: Invocation): Promise<void> {
  const { artifacts, pins } = await openArtifacts(dataDir)
  const { cid, hidden } = await addPath(artifacts, path)
  await pins.pin(cid)
  if (json) output.print(safeJson({ cid: cid.toString(), hidden_left_out: hidden }))
  else output.print(cid.toString())
  if (!json && hidden > 0) output.tell(`${count(hidden, "name")} that begin with a dot left out`)
}
