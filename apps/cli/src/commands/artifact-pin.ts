import { LARGE_LIMITS, missingBlocks } from "@spore/records/artifacts"
import type { Context, Invocation } from "../context.ts"
import { artifactId, openArtifacts } from "../exchange/local-artifacts.ts"
import { safeJson } from "../output/plain.ts"

/** Pins an artifact: it stays whatever else must go. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const root = artifactId(args[0])
  const { artifacts, pins } = await openArtifacts(dataDir)
  await pins.pin(root)
  const isWhole = (await missingBlocks(artifacts, root, LARGE_LIMITS)).length === 0
  if (json) output.print(safeJson({ cid: root.toString(), pinned: true, whole: isWhole }))
  else output.print(`pinned ${root.toString()}`)
  if (!json && !isWhole) output.tell(`it is not held here in full; fetch it with: spore artifact get ${root}`)
}
