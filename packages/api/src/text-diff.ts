import { structuredPatch } from "diff"
import type { DiffFile } from "./dto/index.ts"

/** Lines that may differ; comparing costs their square. */
const MAX_EDITS = 2000

/** How one text differs from another, as the API and static copies tell it. */
export function diffText(
  path: string,
  before: string,
  after: string,
): Pick<DiffFile, "additions" | "deletions" | "patch" | "omitted"> {
  const patch = structuredPatch(path, path, before, after, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDITS,
  })
  if (patch === undefined) return { additions: 0, deletions: 0, patch: null, omitted: "too_large" }
  const lines = patch.hunks.flatMap((hunk) => hunk.lines)
  const text = patch.hunks.map(
    (hunk) => `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@\n${hunk.lines.join("\n")}\n`,
  )
  return {
    additions: lines.filter((line) => line.startsWith("+")).length,
    deletions: lines.filter((line) => line.startsWith("-")).length,
    patch: text.join(""),
    omitted: null,
  }
}
