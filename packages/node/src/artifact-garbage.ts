import { type CID, type Clock, RAW } from "@spore/records"
import { type ArtifactStore, heldBlocks, type HeldBlock, LARGE_LIMITS } from "@spore/records/artifacts"
import { type NamedArtifact, WORTH } from "./artifact-worth.ts"

/** What was used within this time is not deleted: it may belong to what is being fetched, written or run. */
const FRESH_MS = 20 * 60_000
/** Share of the quota to which a full store is brought down. */
const LOW_WATER = 0.9

/** What a collection found, and what it deleted or, in a dry run, would have. */
export interface Collected {
  readonly blocks: number
  readonly bytes: number
  readonly freedBlocks: number
  readonly freedBytes: number
}

export interface CollectInit {
  artifacts: ArtifactStore
  /** By id. */
  named: ReadonlyMap<string, NamedArtifact>
  /** Ids of artifacts that this node does not carry. */
  withheld: ReadonlySet<string>
  /** Bytes. */
  quota: number
  clock: Clock
  /** Deletes nothing. */
  dryRun?: boolean
}

/** An artifact with its blocks that are held here. */
interface Held {
  readonly worth: number
  readonly usedAt: number
  readonly blocks: readonly string[]
}

/**
 * Deletes the blocks of what is withheld and of what nothing names. Where the rest exceeds the quota, the least worth
 * goes too, of equal worth what was not used for longest, until nine tenths of the quota are left. What was used in the
 * last 20 minutes stays. It takes about 200 bytes of memory for each block.
 */
export async function collectGarbage(init: CollectInit): Promise<Collected> {
  const { artifacts, withheld, quota, clock, dryRun = false } = init
  const unusedSince = clock.now() - FRESH_MS
  const blocks = new Map<string, HeldBlock>()
  let bytes = 0
  for await (const block of artifacts.blocks()) {
    blocks.set(block.cid.toString(), block)
    bytes += block.bytes
  }
  const kept = keep(await heldArtifacts(init, blocks), blocks, bytes > quota ? quota * LOW_WATER : Infinity)
  let freedBlocks = 0
  let freedBytes = 0
  for (const [id, block] of blocks) {
    const isUnwanted = withheld.has(id)
    if (!isUnwanted && (kept.has(id) || block.usedAt > unusedSince)) continue
    if (!dryRun) await artifacts.delete(block.cid, isUnwanted ? undefined : unusedSince)
    freedBlocks++
    freedBytes += block.bytes
  }
  return { blocks: blocks.size, bytes, freedBlocks, freedBytes }
}

/** The ids of the blocks to keep: those of what is always kept, then of what fits, the most worth first. */
function keep(held: readonly Held[], blocks: ReadonlyMap<string, HeldBlock>, most: number): Set<string> {
  const kept = new Set<string>()
  let bytes = 0
  for (const artifact of held.toSorted((a, b) => a.worth - b.worth || b.usedAt - a.usedAt)) {
    const added = artifact.blocks.filter((id) => !kept.has(id))
    const size = added.reduce((sum, id) => sum + (blocks.get(id)?.bytes ?? 0), 0)
    if (artifact.worth !== WORTH.always && bytes + size > most) continue
    for (const id of added) kept.add(id)
    bytes += size
  }
  return kept
}

async function heldArtifacts(
  { artifacts, named, withheld }: CollectInit,
  blocks: ReadonlyMap<string, HeldBlock>,
): Promise<Held[]> {
  const held: Held[] = []
  for (const [id, { cid, worth }] of named) {
    if (!blocks.has(id) || withheld.has(id)) continue
    held.push({ worth, ...(await blocksOf(artifacts, cid, blocks)) })
  }
  return held
}

async function blocksOf(
  artifacts: ArtifactStore,
  root: CID,
  blocks: ReadonlyMap<string, HeldBlock>,
): Promise<Pick<Held, "usedAt" | "blocks">> {
  const { cids } = await heldBlocks(artifacts, root, LARGE_LIMITS)
  let usedAt = 0
  // The walk itself reads nodes of folders: only the files tell when the artifact was used.
  for (const cid of cids) if (cid.code === RAW) usedAt = Math.max(usedAt, blocks.get(cid.toString())?.usedAt ?? 0)
  return { blocks: cids.map(String), usedAt }
}
