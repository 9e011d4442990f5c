import type { CID } from "../cid.ts"
import { SporeError } from "../errors.ts"
import { type ArtifactErrorCode, MAX_BLOCK } from "./store.ts"

/** What reading an artifact may cost. */
export interface ArtifactLimits {
  maxBytes: number
  /** Files and folders together. */
  maxFiles: number
}

/** Bounds for candidates, bundles and logs: 64 MiB in 4,096 files. */
export const DEFAULT_LIMITS: ArtifactLimits = { maxBytes: 64 * 1024 * 1024, maxFiles: 4096 }

/** Bounds for what a user asks for by its id: 8 GiB in 65,536 files. */
export const LARGE_LIMITS: ArtifactLimits = { maxBytes: 8 * 1024 ** 3, maxFiles: 65_536 }

/** Blocks that an artifact within these limits may consist of; generous towards other ways of chunking. */
export function maxBlocks({ maxBytes, maxFiles }: ArtifactLimits): number {
  return 16 + 2 * maxFiles + 4 * Math.ceil(maxBytes / MAX_BLOCK)
}

export function tooLarge(cid: CID): SporeError<ArtifactErrorCode> {
  return new SporeError("artifact_too_large", `${cid} is larger than allowed here`)
}
