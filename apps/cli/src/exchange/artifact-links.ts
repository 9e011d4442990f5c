import { legacyCodeLink, isLegacyId, type LegacyObject, parseLegacy, isLegacyKind } from "@spore/legacy"
import { type AnyRecord, CID, isSporeError, parseRecord, type SignedObject } from "@spore/records"
import { type ArtifactStore, missingBlocks } from "@spore/records/artifacts"

/** Ids of the artifacts that an object names. */
export function artifactsOf(object: SignedObject): CID[] {
  const { kind, payload, signature } = object
  if (isLegacyKind(kind)) return legacyArtifacts(parseLegacy(kind, payload, signature))
  return recordArtifacts(parseRecord(payload, signature))
}

function recordArtifacts({ kind, body }: AnyRecord): CID[] {
  switch (kind) {
    case "task":
      return [body.bundle, body.baseline, ...body.datasets.flatMap((data) => ("link" in data ? data.link : []))]
    case "experiment":
      return [body.code, body.log, body.outputs].filter((link) => link !== null)
    case "verification":
    case "challenge_response":
      return body.log === null ? [] : [body.log]
    case "challenge":
    case "dispute":
    case "claim":
    case "profile":
      return []
  }
}

function legacyArtifacts({ kind, body }: LegacyObject): CID[] {
  const ids =
    kind === "legacy_experiment"
      ? [body.code_cid, body.prepare_cid]
      : kind === "legacy_task"
        ? [body.base_code_cid, body.prepare_cid]
        : []
  return ids.filter((id) => typeof id === "string" && isLegacyId(id)).map((id) => CID.parse(legacyCodeLink(id)))
}

/** The blocks of an artifact that are held here, as far as the held ones tell of others. */
export async function heldBlocks(artifacts: ArtifactStore, root: CID): Promise<{ cids: CID[]; isWhole: boolean }> {
  const cids: CID[] = []
  // Looks through the whole artifact and asks for each of its blocks once.
  const watched: ArtifactStore = {
    ...artifacts,
    has: async (cid) => note(cid, await artifacts.has(cid)),
    get: async (cid) => {
      const block = await artifacts.get(cid)
      note(cid, block !== undefined)
      return block
    },
  }
  function note(cid: CID, isHeld: boolean): boolean {
    if (isHeld) cids.push(cid)
    return isHeld
  }
  try {
    return { isWhole: (await missingBlocks(watched, root)).length === 0, cids }
  } catch (error) {
    if (isSporeError(error, "artifact_bad_block", "artifact_too_large")) return { cids, isWhole: false }
    throw error
  }
}
