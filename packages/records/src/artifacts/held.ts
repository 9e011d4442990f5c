import { type CID, RAW } from "../cid.ts"
import { isSporeError } from "../errors.ts"
import { type ArtifactLimits, DEFAULT_LIMITS, maxBlocks, tooLarge } from "./limits.ts"
import { linksOf } from "./node.ts"
import type { ArtifactReader } from "./store.ts"

/**
 * The blocks of an artifact that `store` does not hold, as far as the held ones tell: fetch these and ask again,
 * until none is left.
 *
 * @throws SporeError `artifact_too_large`, `artifact_bad_block`
 */
export async function missingBlocks(
  store: ArtifactReader,
  root: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<CID[]> {
  const missing: CID[] = []
  for await (const { cid, isHeld } of blocksOf(store, root, limits)) if (!isHeld) missing.push(cid)
  return missing
}

/**
 * The blocks of an artifact that are held, as far as the held ones tell of others, and whether these are all. Of one
 * that is damaged or larger than allowed: those found until then.
 */
export async function heldBlocks(
  store: ArtifactReader,
  root: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<{ cids: CID[]; isWhole: boolean }> {
  const cids: CID[] = []
  let isWhole = true
  try {
    for await (const { cid, isHeld } of blocksOf(store, root, limits)) {
      if (isHeld) cids.push(cid)
      else isWhole = false
    }
  } catch (error) {
    if (!isSporeError(error, "artifact_bad_block", "artifact_too_large")) throw error
    isWhole = false
  }
  return { cids, isWhole }
}

/** Each block of an artifact once, as far as the held ones tell. */
async function* blocksOf(
  store: ArtifactReader,
  root: CID,
  limits: ArtifactLimits,
): AsyncGenerator<{ cid: CID; isHeld: boolean }> {
  const seen = new Set<string>()
  const queue = [root]
  for (let cid = queue.pop(); cid !== undefined; cid = queue.pop()) {
    const id = cid.toString()
    if (seen.has(id)) continue
    seen.add(id)
    if (seen.size > maxBlocks(limits)) throw tooLarge(root)
    if (cid.code === RAW) {
      yield { cid, isHeld: await store.has(cid) }
      continue
    }
    const block = await store.get(cid)
    yield { cid, isHeld: block !== undefined }
    if (block !== undefined) for (const link of linksOf(cid, block)) queue.push(link.cid)
  }
}
