import { existsSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { isLegacyFolder, readLegacyFolder } from "@spore/legacy"
import { dataPaths, openLocalStore } from "@spore/node/local"
import { createIdentity, isSporeError } from "@spore/records"
import { loadIdentity, storeIdentity } from "@spore/records/keyfile"
import { createFsArtifactStore } from "@spore/transport"
import type { Context } from "../context.ts"
import { type DataFolder, prepareFolder } from "../folder/data-folder.ts"
import { count, tilde } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { refusedIn, sumOf } from "./importer.ts"
import { translateConfig } from "./legacy-config.ts"
import { importObjects, type LegacyCounts } from "./legacy-objects.ts"
import { createProgress } from "./progress.ts"

/** Set, in the facts' database, once the 0.6 data of the same folder was taken in. */
const IMPORTED = "legacy.imported"
/** Of what was refused at a first run. */
const LISTED = 3

export interface LegacyReport extends LegacyCounts {
  readonly from: string
  /** Whether its key is this node's now; null where it has none. */
  readonly key: boolean | null
  /** Whether its settings are this node's now. */
  readonly config: boolean
  /** Another folder that its config.toml names and that holds 0.6 data; null where there is none. */
  readonly elsewhere: string | null
}

/**
 * Takes in a 0.6 folder: its objects and artifacts; its key and settings where this node has none of its own. Its files
 * stay as they are. Again, it adds what is new.
 *
 * @throws SporeError `unreadable` where the folder holds no 0.6 data, and as `prepareFolder`
 */
export async function importLegacyFolder(context: Context, from: string): Promise<LegacyReport> {
  const { dataDir } = context
  const paths = dataPaths(dataDir)
  await using legacy = await readLegacyFolder(from)
  const key = legacy.seed === null ? null : await takeKey(legacy.seed, paths.identity)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const config = await translateConfig(join(from, "config.toml"), paths.config)
  await prepareFolder(dataDir)
  const progress = createProgress(context, "importing 0.6 data")
  const store = await openLocalStore(dataDir)
  try {
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const counts = await importObjects(legacy, { store, artifacts, onProgress: progress.show })
    // A database that could not be read now may be another time.
    const isRead = !legacy.problems.some(({ what }) => what.startsWith("db/"))
    if (from === dataDir && isRead) await store.setLocal(IMPORTED, "yes")
    const elsewhere = await otherFolder(config?.dataDir ?? null, [from, dataDir])
    return { from, key, config: config?.isWritten ?? false, elsewhere, ...counts }
  } finally {
    progress.clear()
    await store.close()
  }
}

/**
 * Makes a data folder ready, as `prepareFolder`; 0.6 data that lies in it is taken in first, once. Tells what was done.
 */
export async function prepareWithLegacy(context: Context): Promise<DataFolder> {
  const { dataDir, output } = context
  if ((await isLegacyFolder(dataDir)) && !(await wasImported(dataDir))) {
    const report = await importLegacyFolder(context, dataDir)
    for (const line of sentencesOf(report)) output.tell(line)
    const { refusals } = report.facts
    for (const { what, code, reason } of refusals.slice(0, LISTED)) output.tell(plain(`${what}: ${code}: ${reason}`))
    if (refusals.length > LISTED) output.tell(`next: spore legacy import ${tilde(dataDir)}`)
  } else {
    const { config } = dataPaths(dataDir)
    await translateConfig(config, config)
  }
  return prepareFolder(dataDir)
}

/** What was done, for people. */
export function sentencesOf({ from, key, config, elsewhere, facts, artifacts }: LegacyReport): string[] {
  const refused = refusedIn(facts)
  const parts = [
    `${count(sumOf(facts.stored), "fact")} and ${count(artifacts.stored, "artifact")} of sporemesh 0.6 imported from ${tilde(from)}`,
    ...(facts.known + artifacts.known === 0 ? [] : [`${facts.known + artifacts.known} known before`]),
    ...(facts.pending === 0 ? [] : [`${facts.pending} waiting for what they are about`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
  ]
  return [
    `${parts.join(", ")}; its files stay as they are`,
    ...(key === true ? ["its key is this node's key now"] : []),
    ...(key === false ? ["this node keeps its own key"] : []),
    ...(config ? ["its settings were translated to config.toml"] : []),
    ...(elsewhere === null
      ? []
      : [`more of its data lies in ${tilde(elsewhere)}\nnext: spore legacy import ${elsewhere}`]),
  ]
}

async function wasImported(dataDir: string): Promise<boolean> {
  if (!existsSync(dataPaths(dataDir).database)) return false
  const store = await openLocalStore(dataDir).catch((error: unknown) => {
    // A newer release was here, which takes 0.6 data in as well.
    if (isSporeError(error, "database_newer")) return null
    throw error
  })
  if (store === null) return true
  try {
    return (await store.getLocal(IMPORTED)) !== undefined
  } finally {
    await store.close()
  }
}

/** Whether the key is this node's now, or was before. */
async function takeKey(seed: Uint8Array, path: string): Promise<boolean> {
  const identity = createIdentity(seed)
  if (!existsSync(path)) {
    await storeIdentity(path, identity)
    return true
  }
  return (await loadIdentity(path)).nodeId === identity.nodeId
}

async function otherFolder(named: string | null, known: readonly string[]): Promise<string | null> {
  if (named === null || named === "") return null
  const folder = resolve(named.replace(/^~(?=\/|$)/, homedir()))
  return !known.includes(folder) && (await isLegacyFolder(folder)) ? folder : null
}
