import { existsSync } from "node:fs"
import { DATABASE_LAYOUT, findBackup, openAnyLayout, type StoreErrorCode } from "@spore/dag"
import { type Clock, messageOf, SporeError, systemClock } from "@spore/records"
import type { Notice } from "../node.ts"
import { openStore } from "../open-store.ts"
import { dataPaths } from "../paths.ts"
import { putInPlace, readableAsides, removeAsides, removeDraft, startDraft } from "./files.ts"
import type { TakenIn } from "./take-in.ts"

export interface PrepareDatabaseInit {
  readonly clock?: Clock
  /** Called now and then while it takes long, with what is being done. */
  readonly onPhase?: ((phase: string) => void) | undefined
  /** How long others get to end before a newer database is put aside; 10,000 by default. */
  readonly busyMs?: number
  /** For tests: called before each step that changes the disk, with its name. */
  readonly beforeStep?: (step: string) => void
}

/** What became of a database that a newer release had written. */
export interface Restored extends TakenIn {
  /** Where the newer database lies now. */
  readonly aside: string
}

const PHASE_MS = 10_000
const BUSY_MS = 10_000

/**
 * Makes the database of a data folder ready for a node of this release, which holds the folder: an older one is
 * migrated, of which a copy is kept. One of a newer release is put aside, the copy of before takes its place, and what
 * was signed since is taken in from the newer one; from what was put aside so, a release that can read it takes in the
 * rest, and removes it once all of it is in. A process that is killed leaves the database before or after, and
 * it can be done again.
 *
 * @returns null where nothing had to be restored
 * @throws SporeError `database_newer` where there is no copy, `database_unusable`, `database_damaged`, `database_full`
 */
export async function prepareDatabase(dataDir: string, init: PrepareDatabaseInit = {}): Promise<Restored | null> {
  const { database } = dataPaths(dataDir)
  if (!existsSync(database)) return null
  const { onPhase = () => undefined } = init
  const phases = setInterval(() => onPhase("preparing the database"), PHASE_MS)
  try {
    const restored = await restoreNewer(dataDir, init)
    await upgrade(dataDir, init)
    return restored
  } finally {
    clearInterval(phases)
  }
}

/** For people: what a restart with an older release did. */
export function restoredNotice({ aside, facts, withheld, left }: Restored): Notice {
  const rest = [
    ...(withheld === 0 ? [] : [`${withheld} of them withheld`]),
    ...(left === 0 ? [] : [`${left} could not be read by this release`]),
  ]
  return {
    code: "database_restored",
    message: [
      `The database was of a newer release: its copy of before is back, with ${facts} facts that came since`,
      ...rest,
    ].join(", "),
    next: `the newer one is kept as ${aside}; a release that reads all of it takes in the rest, and removes it`,
  }
}

/** Migrates and derives anew where there is need, and takes in what an older release left aside. */
async function upgrade(
  dataDir: string,
  { clock = systemClock, beforeStep = () => undefined }: PrepareDatabaseInit,
): Promise<void> {
  const { database, backups } = dataPaths(dataDir)
  const asides = await readableAsides(backups)
  const store = await openStore(database, { clock })
  let taken: string[] = []
  try {
    if (asides.length > 0) {
      const { takeAsides } = await import("./take-asides.ts")
      taken = await takeAsides(store, database, asides, beforeStep)
    }
  } finally {
    await store.close()
  }
  await removeAsides(taken, beforeStep)
}

async function restoreNewer(dataDir: string, init: PrepareDatabaseInit): Promise<Restored | null> {
  const { database, backups } = dataPaths(dataDir)
  const { clock = systemClock, busyMs = BUSY_MS, beforeStep = () => undefined } = init
  const layout = layoutOf(database)
  if (layout <= DATABASE_LAYOUT) {
    await removeDraft(database)
    return null
  }
  const backup = await findBackup(backups)
  if (backup === null) throw noWayBack(database)
  // Research and verification are loaded for the names of their values, and for this alone.
  const { takeIn } = await import("./take-in.ts")
  const draft = await startDraft(database, backup.path, beforeStep)
  const taken = await takeIn(database, draft, clock, beforeStep)
  const aside = await putInPlace({ draft, database, backups, layout, clock, busyMs, beforeStep })
  return { ...taken, aside }
}

/** 0 of what is no database of facts: opening it says what it is. */
function layoutOf(path: string): number {
  try {
    const file = openAnyLayout(path)
    try {
      return file.layout ?? 0
    } finally {
      file.close()
    }
  } catch (error) {
    throw new SporeError<StoreErrorCode>("database_unusable", `cannot read the database ${path}: ${messageOf(error)}`, {
      cause: error,
      next: `move ${path} away; facts come back from peers, and your own artifacts and key are not in it`,
    })
  }
}

function noWayBack(path: string): SporeError<StoreErrorCode> {
  return new SporeError(
    "database_newer",
    `${path} was written by a newer release of spore, and no copy of before is there`,
    {
      next: `update spore (npm install --global @spore/cli); or export its facts with that release, move ${path} away, and import them`,
    },
  )
}
