import type { CID } from "../cid.ts"
import type { AnyRecord } from "../record.ts"

/** What a fact links an artifact as. */
export type ArtifactUse = "bundle" | "baseline" | "dataset" | "code" | "log" | "outputs"

/** An artifact that a fact links to. */
export interface ArtifactLink {
  readonly cid: CID
  readonly use: ArtifactUse
}

/** The artifacts that a record links to, what is run before what was written. */
export function artifactsOf({ kind, body }: AnyRecord): ArtifactLink[] {
  switch (kind) {
    case "task":
      return [
        { cid: body.bundle, use: "bundle" },
        { cid: body.baseline, use: "baseline" },
        ...body.datasets.flatMap((data) => ("link" in data ? linkTo(data.link, "dataset") : [])),
      ]
    case "experiment":
      return [{ cid: body.code, use: "code" }, ...linkTo(body.log, "log"), ...linkTo(body.outputs, "outputs")]
    case "verification":
    case "challenge_response":
      return linkTo(body.log, "log")
    case "challenge":
    case "dispute":
    case "claim":
    case "profile":
      return []
  }
}

function linkTo(cid: CID | null, use: ArtifactUse): ArtifactLink[] {
  return cid === null ? [] : [{ cid, use }]
}
