import { mkdir, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type CID, DAG_PB, parseLink, RAW, hasErrorCode } from "@spore/records"

/** The artifacts that a user wants kept, whatever else must go. Several processes may use them at once. */
export interface ArtifactPins {
  list(): Promise<CID[]>
  has(root: CID): Promise<boolean>
  pin(root: CID): Promise<void>
  /** Gives whether it was pinned. */
  unpin(root: CID): Promise<boolean>
}

/** Pins as empty files of a folder, each named by its artifact: no process can lose another one's. */
export function artifactPins(dir: string): ArtifactPins {
  async function names(): Promise<string[]> {
    try {
      return await readdir(dir)
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return []
      throw error
    }
  }
  return {
    list: async () => (await names()).flatMap(rootOf),
    has: async (root) => (await names()).includes(root.toString()),
    pin: async (root) => {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await writeFile(join(dir, root.toString()), "", { mode: 0o600 })
    },
    unpin: async (root) => {
      const wasPinned = (await names()).includes(root.toString())
      await rm(join(dir, root.toString()), { force: true })
      return wasPinned
    },
  }
}

function rootOf(name: string): CID[] {
  try {
    return [parseLink(name, RAW, DAG_PB)]
  } catch {
    return []
  }
}
