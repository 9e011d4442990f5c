/**
 * Signs a bundled task package as it lies in its folder:
 *
 *     node scripts/release.ts NAME KEY_FILE [SUPERSEDED_TASK_ID]
 *
 * Writes bundled/NAME.task. The key is made where there is none; keep it, and keep it out of the repository: it signs
 * the tasks that supersede this one. A package that changed after a release is a new task that supersedes the old.
 */
import { DAG_CBOR, encodeEnvelope, parseLink, signRecord, taskSchema } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { loadOrCreateIdentity } from "@spore/records/keyfile"
import { writeFile } from "node:fs/promises"
import { stdout } from "node:process"
import { BUNDLED, NAMES, readPackage, storePackage } from "../src/folder.ts"

/**
 * 2025-01-01. Nothing that refers to a task may be dated before it, so a machine whose clock is behind this could not
 * take part: the date lies well in the past.
 */
const CREATED = 1_735_689_600
/** The fields that a package and its signed task have in common. */
const SHARED = [
  "name",
  "description",
  "type",
  "artifact",
  "metric",
  "replay",
  "budget",
  "classKeys",
  "requires",
] as const

const [name, keyFile, superseded] = process.argv.slice(2)
const bundled = NAMES.find((known) => known.name === name)
if (bundled === undefined || keyFile === undefined) {
  throw new Error(`usage: release.ts ${NAMES.map((known) => known.name).join("|")} KEY_FILE [SUPERSEDED_TASK_ID]`)
}

const files = await readPackage(bundled)
const manifest: unknown = JSON.parse(new TextDecoder().decode(files.bundle.get("spore.task.json")))
const fields = new Map(Object.entries(manifest ?? {}))
const identity = await loadOrCreateIdentity(keyFile)
const body = taskSchema.parse({
  ...Object.fromEntries(SHARED.map((field) => [field, fields.get(field)])),
  ...(await storePackage(createMemoryArtifactStore(), files)),
  kind: "task",
  v: 1,
  author: identity.publicKey,
  created: CREATED,
  datasets: [],
  supersedes: superseded === undefined ? null : parseLink(superseded, DAG_CBOR),
})
const record = signRecord(identity, "task", body)
await writeFile(new URL(`${bundled.name}.task`, BUNDLED), encodeEnvelope(record))
stdout.write(`${bundled.name}: task ${record.id}, signed by ${identity.nodeId}\n`)
