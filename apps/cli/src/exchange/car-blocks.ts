import { type CID, isSporeError } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import type { Importer } from "./importer.ts"

/** Blocks written at once; each is durable before it counts. */
const AT_ONCE = 16

export interface BlockCounts {
  readonly stored: number
  readonly known: number
  /** Blocked here. */
  readonly withheld: number
}

/** Stores artifact blocks, several at a time. */
export interface BlockIntake {
  take(cid: CID, block: Uint8Array): Promise<void>
  end(): Promise<BlockCounts>
}

/** @param blocked ids of artifacts that this node does not carry */
export function createBlockIntake(
  artifacts: ArtifactStore,
  importer: Importer,
  blocked: ReadonlySet<string>,
): BlockIntake {
  const counts = { stored: 0, known: 0, withheld: 0 }
  let running: Promise<void>[] = []

  async function put(cid: CID, block: Uint8Array): Promise<void> {
    const id = cid.toString()
    if (blocked.has(id)) counts.withheld++
    else if (await artifacts.has(cid)) counts.known++
    else {
      try {
        await artifacts.put(cid, block)
        counts.stored++
      } catch (error) {
        if (!isSporeError(error, "artifact_too_large", "artifact_mismatch")) throw error
        importer.refuse({ what: id, code: error.code, reason: error.message })
      }
    }
  }
  async function settle(): Promise<void> {
    const waiting = running
    running = []
    await Promise.all(waiting)
  }

  return {
    take: async (cid, block) => {
      const putting = put(cid, block)
      putting.catch(() => undefined)
      running.push(putting)
      if (running.length >= AT_ONCE) await settle()
    },
    end: async () => {
      await settle()
      return counts
    },
  }
}
