import { createHash } from "node:crypto"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { type LegacyFields, type LegacyObject, pyObject, signLegacy, toWire } from "@spore/legacy"
import { toHex } from "@spore/records"
import { z } from "zod"

const SEED = new Uint8Array(32).fill(7)
export const CODE = "import torch\nprint('val_bpb: 0.9')\n"
const CODE_HASH = createHash("sha256").update(CODE).digest("hex")

const EXPERIMENT_COLUMNS = `
  id text primary key, parent text, depth integer not null, task_id text not null default '', code_cid text not null,
  diff text not null, dataset_cid text not null, prepare_cid text not null, time_budget integer not null,
  val_bpb real not null, peak_vram_mb real not null, num_steps integer not null, num_params integer not null,
  status text not null, description text not null, hypothesis text not null, agent_model text not null,
  gpu_model text not null, cuda_version text not null, torch_version text not null, node_id text not null,
  timestamp integer not null, signature text not null, version integer not null default 1`
const CONTROL_COLUMNS =
  "event_id text primary key, type text not null, node_id text not null, timestamp integer not null, payload text not null"

/** The fields of an experiment of 0.6. */
export function legacyExperiment(overrides: LegacyFields): LegacyFields {
  return {
    parent: null,
    depth: 0n,
    code_cid: CODE_HASH,
    diff: "",
    dataset_cid: "",
    prepare_cid: "",
    time_budget: 300n,
    val_bpb: 0.9,
    peak_vram_mb: 1024.5,
    num_steps: 100n,
    num_params: 1000n,
    status: "keep",
    description: "baseline of the old network",
    hypothesis: "",
    agent_model: "test",
    gpu_model: "RTX 4090",
    cuda_version: "12.1",
    torch_version: "2.3.0",
    timestamp: 1_760_000_000n,
    ...overrides,
  }
}

/** A data folder as a 0.6 node left it. */
export interface LegacySample {
  readonly seed: Uint8Array
  readonly root: LegacyObject
  readonly child: LegacyObject
  readonly verification: LegacyObject
}

/** Writes a 0.6 data folder: a root, its child, a verification, a row whose id does not fit, two artifacts, settings. */
export async function writeLegacyFolder(folder: string): Promise<LegacySample> {
  const root = signLegacy(SEED, "legacy_experiment", legacyExperiment({}))
  const child = signLegacy(
    SEED,
    "legacy_experiment",
    legacyExperiment({ parent: root.id, depth: 1n, val_bpb: 0.875, description: "wider", timestamp: 1_760_000_600n }),
  )
  const other = new Uint8Array(32).fill(8)
  const verifier = toHex(signLegacy(other, "legacy_profile", { timestamp: 1n }).publicKey)
  const verification = signLegacy(other, "legacy_verification", {
    payload: pyObject({
      event_id: `verification:${child.id}:${verifier}`,
      experiment_id: child.id,
      task_id: root.id,
      verified_node_id: toHex(child.publicKey),
      verifier_id: verifier,
      verifier_gpu: "RTX 4090",
      verifier_bpb: 0.876,
      is_frontier: true,
    }),
    timestamp: 1_760_001_000n,
  })
  await mkdir(join(folder, "db"), { recursive: true })
  // The child lies before its parent.
  writeExperiments(join(folder, "db/graph.sqlite"), [child, root])
  writeControl(join(folder, "db/control.sqlite"), verification)
  await put(join(folder, "identity/private_key"), toHex(SEED))
  await put(join(folder, "artifact", CODE_HASH.slice(0, 2), CODE_HASH.slice(2, 4), CODE_HASH), CODE)
  await put(join(folder, "artifact", "00", "00", "0".repeat(64)), "not what its name says")
  await put(
    join(folder, "config.toml"),
    `host = "0.0.0.0"\nport = 7555\npeer = ["peer.example:7470"]\ndata_dir = "~/.spore"\n`,
  )
  return { seed: SEED, root, child, verification }
}

function writeExperiments(path: string, objects: readonly LegacyObject[]): void {
  const db = new DatabaseSync(path)
  db.exec(`create table experiment (${EXPERIMENT_COLUMNS})`)
  for (const object of objects) insert(db, "experiment", fieldsOf(object))
  const [first] = objects
  if (first !== undefined) insert(db, "experiment", { ...fieldsOf(first), id: "f".repeat(64) })
  db.close()
}

function writeControl(path: string, event: LegacyObject): void {
  const db = new DatabaseSync(path)
  db.exec(`create table control_event (${CONTROL_COLUMNS})`)
  const { type, node_id: node, timestamp } = fieldsOf(event)
  insert(db, "control_event", { event_id: event.id, type, node_id: node, timestamp, payload: toWire(event) })
  db.close()
}

function insert(db: DatabaseSync, table: string, fields: Record<string, unknown>): void {
  const names = Object.keys(fields)
  db.prepare(`insert into ${table} (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`).run(
    ...Object.values(fields).map(bound),
  )
}

function bound(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value
  throw new TypeError("no value of a column")
}

function fieldsOf(object: LegacyObject): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(toWire(object)))
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** All files below a folder, by path, with their bytes. */
export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, "base64")] as const)))
}
