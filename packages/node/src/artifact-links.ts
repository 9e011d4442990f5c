import { isLegacyId, isLegacyKind, legacyCodeLink, type LegacyObject, parseLegacy } from "@spore/legacy"
import { CID, parseRecord, type SignedObject } from "@spore/records"
import { type ArtifactLink, artifactsOf } from "@spore/records/artifacts"

/** The artifacts that an object of either network names. */
export function artifactsOfObject({ kind, payload, signature }: SignedObject): ArtifactLink[] {
  if (isLegacyKind(kind)) return legacyArtifacts(parseLegacy(kind, payload, signature))
  return artifactsOf(parseRecord(payload, signature))
}

function legacyArtifacts({ kind, body }: LegacyObject): ArtifactLink[] {
  if (kind === "legacy_experiment") return [...linkTo(body.code_cid, "code"), ...linkTo(body.prepare_cid, "bundle")]
  if (kind !== "legacy_task") return []
  return [...linkTo(body.base_code_cid, "baseline"), ...linkTo(body.prepare_cid, "bundle")]
}

function linkTo(id: unknown, use: ArtifactLink["use"]): ArtifactLink[] {
  return typeof id === "string" && isLegacyId(id) ? [{ cid: CID.parse(legacyCodeLink(id)), use }] : []
}
