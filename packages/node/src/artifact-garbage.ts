import { type Clock, RAW } from "@spore/records"
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

/** An artifact of which at least the first block is held. */
export interface HeldArtifact extends NamedArtifact {
  /** Ids of the blocks that are held. */
  readonly blocks: readonly string[]
  readonly isWhole: boolean
  readonly bytes: number
  /** Unix milliseconds; 0 where no file of it is held. */
  readonly usedAt: number
}

/**
 * Deletes the blocks of what is withheld and of what nothing names. Where the rest exceeds the quota, the least worth
 * goes too, of equal worth what was not used for longest, until nine tenths of the quota are left. What was used in the
 * last 20 minutes stays. It takes about 200 bytes of memory for each block.
 */
export async function collectGarbage(init: CollectInit): Promise<Collected> {
  const { artifacts, withheld, quota, clock, dryRun = false } = init
  const unusedSince = clock.now() - FRESH_MS
  const blocks = await blocksById(artifacts)
  const bytes = [...blocks.values()].reduce((sum, block) => sum + block.bytes, 0)
  const held = (await heldArtifacts(artifacts, init.named, blocks)).filter(({ cid }) => !withheld.has(cid.toString()))
  const kept = keep(held, blocks, bytes > quota ? quota * LOW_WATER : Infinity)
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
function keep(held: readonly HeldArtifact[], blocks: ReadonlyMap<string, HeldBlock>, most: number): Set<string> {
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

/** The blocks of a store by id. */
export async function blocksById(artifacts: ArtifactStore): Promise<Map<string, HeldBlock>> {
  const blocks = new Map<string, HeldBlock>()
  for await (const block of artifacts.blocks()) blocks.set(block.cid.toString(), block)
  return blocks
}

/** Of the artifacts named those that are held, at least in part. */
export async function heldArtifacts(
  artifacts: ArtifactStore,
  named: ReadonlyMap<string, NamedArtifact>,
  blocks: ReadonlyMap<string, HeldBlock>,
): Promise<HeldArtifact[]> {
  const held: HeldArtifact[] = []
  for (const [id, { cid, worth }] of named) {
    if (!blocks.has(id)) continue
    const { cids, isWhole } = await heldBlocks(artifacts, cid, LARGE_LIMITS)
    let usedAt = 0
    let bytes = 0
    for (const one of cids) {
      const block = blocks.get(one.toString())
      bytes += block?.bytes ?? 0
      // The walk itself reads nodes of folders: only the files tell when the artifact was used.
      if (one.code === RAW) usedAt = Math.max(usedAt, block?.usedAt ?? 0)
    }
    held.push({ cid, worth, blocks: cids.map(String), isWhole, bytes, usedAt })
  }
  return held
}
