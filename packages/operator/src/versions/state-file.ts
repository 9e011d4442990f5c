import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode, type Logger, messageOf } from "@spore/records"
import { isOwnFile, isOwnFolder } from "../launch/own-alone.ts"
import type { Disk } from "./disk.ts"
import { NO_VERSIONS, type VersionState, versionStateSchema } from "./state.ts"

/** `state.json` of a folder of versions. */
export interface StateFile {
  readonly path: string
  /** A file that is damaged, or that others can write to, counts as none. */
  read(): Promise<VersionState>
  /** Puts a damaged file aside first. */
  write(state: VersionState): Promise<void>
}

export function createStateFile(folder: string, disk: Disk, log: Logger): StateFile {
  const path = join(folder, "state.json")

  async function load(): Promise<{ state: VersionState; isDamaged: boolean }> {
    try {
      const text = await readFile(path, "utf8")
      if (!isOwnFolder(folder) || !isOwnFile(path)) throw new Error("others can write to it")
      return { state: versionStateSchema.parse(JSON.parse(text)), isDamaged: false }
    } catch (error) {
      if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return { state: NO_VERSIONS, isDamaged: false }
      log.warn({ path, error: messageOf(error) }, "the state of installed versions does not count")
      return { state: NO_VERSIONS, isDamaged: true }
    }
  }

  return {
    path,
    read: async () => (await load()).state,
    write: async (state) => {
      if ((await load()).isDamaged) await disk.move(path, `${path}.damaged`)
      await disk.write(path, `${JSON.stringify(state, null, 2)}\n`)
    },
  }
}
