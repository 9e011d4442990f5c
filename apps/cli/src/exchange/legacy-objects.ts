import { blockedArtifacts } from "@spore/node/local"
import { readFile, stat } from "node:fs/promises"
import type { Store } from "@spore/dag"
import { legacyCodeLink, type LegacyArtifact, type LegacyFolder, type LegacyObject } from "@spore/legacy"
import { CID, messageOf } from "@spore/records"
import { type ArtifactStore, MAX_BLOCK } from "@spore/records/artifacts"
import { type BlockCounts, createBlockIntake } from "./car-blocks.ts"
import { createImporter, type ImportCounts, type Importer } from "./importer.ts"

/** Objects put in order at once, and the bytes of them. */
const WINDOW = 2048
const WINDOW_BYTES = 8 * 1024 * 1024

export interface LegacyCounts {
  /** Of objects and artifacts together. */
  readonly facts: ImportCounts
  readonly artifacts: BlockCounts
}

export interface LegacyImportInit {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly onProgress: (done: number, total: number) => void
}

/** Stores the objects and artifacts of a 0.6 folder. What is refused is counted and listed, and stops nothing. */
export async function importObjects(
  folder: LegacyFolder,
  { store, artifacts, onProgress }: LegacyImportInit,
): Promise<LegacyCounts> {
  const importer = createImporter(store)
  for (const problem of folder.problems) importer.refuse(problem)
  let window: LegacyObject[] = []
  let bytes = 0
  let done = 0
  const flush = async (): Promise<void> => {
    for (const object of parentsFirst(window)) await importer.add(object.id, { form: "opened", object })
    window = []
    bytes = 0
  }
  for await (const outcome of folder.objects()) {
    done++
    onProgress(done, folder.total)
    if (outcome.state === "refused") {
      importer.refuse({ what: outcome.what, code: outcome.code, reason: outcome.reason })
      continue
    }
    window.push(outcome.object)
    bytes += outcome.object.payload.length
    if (window.length >= WINDOW || bytes >= WINDOW_BYTES) await flush()
  }
  await flush()
  const intake = createBlockIntake(artifacts, importer, await blockedArtifacts(store))
  for await (const artifact of folder.artifacts()) {
    const block = await readArtifact(artifact, importer)
    if (block !== null) await intake.take(CID.parse(legacyCodeLink(artifact.hash)), block)
  }
  return { artifacts: await intake.end(), facts: await importer.end() }
}

/** Null where it was refused. */
async function readArtifact({ hash, path }: LegacyArtifact, importer: Importer): Promise<Uint8Array | null> {
  const what = `artifact ${hash}`
  try {
    const { size } = await stat(path)
    if (size <= MAX_BLOCK) return await readFile(path)
    importer.refuse({ what, code: "too_large", reason: `${size} bytes, limit ${MAX_BLOCK}` })
  } catch (error) {
    importer.refuse({ what, code: "unreadable", reason: messageOf(error) })
  }
  return null
}

/** The same objects, each after what it refers to, as far as that is among them. */
export function parentsFirst(objects: readonly LegacyObject[]): LegacyObject[] {
  const byId = new Map(objects.map((object) => [object.id, object]))
  const placed = new Set<string>()
  const ordered: LegacyObject[] = []
  for (const object of objects) {
    const line: LegacyObject[] = []
    for (let one: LegacyObject | undefined = object; one !== undefined && !placed.has(one.id);) {
      line.push(one)
      placed.add(one.id)
      one = byId.get(referredTo(one) ?? "")
    }
    ordered.push(...line.toReversed())
  }
  return ordered
}

function referredTo(object: LegacyObject): string | null {
  switch (object.kind) {
    case "legacy_experiment":
      return object.body.parent
    case "legacy_challenge":
    case "legacy_challenge_response":
    case "legacy_verification":
    case "legacy_dispute":
      return object.body.payload.experiment_id
    case "legacy_task":
    case "legacy_profile":
      return null
  }
}
