import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { artifactId, openArtifacts } from "../exchange/local-artifacts.ts"
import { safeJson } from "../output/plain.ts"

/** Lets an artifact go that was pinned; it is deleted when nothing else keeps it. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const root = artifactId(args[0])
  const { pins } = await openArtifacts(dataDir)
  if (!(await pins.unpin(root))) throw cliError("not_found", `${root} is not pinned`, { next: "spore artifact list" })
  if (json) output.print(safeJson({ cid: root.toString(), pinned: false }))
  else output.print(`unpinned ${root.toString()}`)
}
