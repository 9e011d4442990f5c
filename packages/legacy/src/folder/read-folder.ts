import { access, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { refuse } from "../errors.ts"
import { artifactsBelow } from "./artifacts.ts"
import { readConfig, readSeed } from "./config.ts"
import { copyDatabase, type DatabaseCopy } from "./database.ts"
import { refusalOf } from "./problem.ts"
import { OBJECT_TABLES, type ObjectTable, objectsIn } from "./stored-objects.ts"
import type { LegacyArtifact, LegacyConfig, LegacyOutcome, LegacyRefusal } from "./types.ts"

/** The data folder of a node of 0.4 to 0.6, as it was when it was opened. */
export interface LegacyFolder extends AsyncDisposable {
  /** Seed of its Ed25519 key, 32 bytes; null where there is none. */
  readonly seed: Uint8Array | null
  readonly config: LegacyConfig
  /** Files that could not be used. */
  readonly problems: readonly LegacyRefusal[]
  /** How many rows there are to read, for showing progress; a table that breaks off gives fewer outcomes, and one more. */
  readonly total: number
  /** Each stored object, or why it is left out: tasks, experiments, control events, profiles. Never throws. */
  objects(): AsyncIterable<LegacyOutcome>
  artifacts(): AsyncIterable<LegacyArtifact>
}

/** Whether a 0.6 node kept its data in this folder. */
export async function isLegacyFolder(path: string): Promise<boolean> {
  const found = await Promise.all(["identity/private_key", "db/graph.sqlite"].map((file) => exists(join(path, file))))
  return found.includes(true)
}

export interface ReadLegacyFolderInit {
  /** Where the copies of databases go; the system's folder for temporary files by default. */
  readonly temporary?: string
}

/**
 * Opens the data folder of a 0.6 node. Nothing in it changes: databases are copied to a folder of their own, which is
 * removed when the result is disposed of. The node should not be running meanwhile.
 *
 * @throws SporeError `unreadable` where the folder holds no such data
 */
export async function readLegacyFolder(path: string, init: ReadLegacyFolderInit = {}): Promise<LegacyFolder> {
  if (!(await isLegacyFolder(path))) throw refuse("unreadable", `no data of a 0.6 node in ${path}`)
  const problems: LegacyRefusal[] = []
  const seed = await readSeed(path, problems)
  const config = await readConfig(path, problems)
  const temporary = await mkdtemp(join(init.temporary ?? tmpdir(), "spore-legacy-"))
  const databases: { source: ObjectTable; db: DatabaseCopy }[] = []
  let total = 0
  for (const source of OBJECT_TABLES) {
    try {
      const db = await copyDatabase(join(path, "db", source.file), temporary)
      if (db === null) continue
      databases.push({ source, db })
      total += db.count(source)
    } catch (error) {
      problems.push(refusalOf(`db/${source.file}`, error))
    }
  }
  return {
    seed,
    config,
    problems,
    total,
    async *objects() {
      for (const { source, db } of databases) yield* objectsIn(source, db)
    },
    artifacts: () => artifactsBelow(join(path, "artifact")),
    [Symbol.asyncDispose]: async () => {
      for (const { db } of databases) db.close()
      await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
