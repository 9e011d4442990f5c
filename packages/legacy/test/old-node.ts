import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { asObject } from "../src/objects/canonical.ts"
import { parsePythonJson, type PyJson, type PyObject } from "../src/index.ts"

const EXPERIMENT_COLUMNS = `
  id text primary key, parent text, depth integer not null, task_id text not null default '', code_cid text not null,
  diff text not null, dataset_cid text not null, prepare_cid text not null, time_budget integer not null,
  val_bpb real not null, peak_vram_mb real not null, num_steps integer not null, num_params integer not null,
  status text not null, description text not null, hypothesis text not null, agent_model text not null,
  gpu_model text not null, cuda_version text not null, torch_version text not null, node_id text not null,
  timestamp integer not null, signature text not null, version integer not null default 1,
  verified integer not null default 0, foreign key (parent) references experiment(id)`
const TASK_COLUMNS = `
  task_id text primary key, name text not null, description text not null default '', timestamp integer not null default 0,
  source text not null default 'legacy', manifest_json text not null default ''`
const CONTROL_COLUMNS = `
  event_id text primary key, type text not null, node_id text not null, timestamp integer not null,
  payload text not null`
const PROFILE_COLUMNS = `
  node_id text primary key, id text not null, display_name text not null, bio text not null, website text not null,
  avatar_url text not null, donation_address text not null, timestamp integer not null, signature text not null,
  schema_version integer not null default 1`

/** A table as 0.6 made it, in a database that is still open and so has a write-ahead log beside it. */
export class OldTable implements Disposable {
  readonly #db: DatabaseSync
  readonly #table: string

  constructor(path: string, table: string, columns: string) {
    this.#db = new DatabaseSync(path)
    this.#table = table
    this.#db.exec("pragma journal_mode = wal; pragma foreign_keys = off")
    this.#db.exec(`create table ${table} (${columns})`)
  }

  /** Stores values as Python's sqlite3 binds them. */
  insert(fields: PyObject): void {
    const names = [...fields.keys()]
    const marks = names.map(() => "?").join(", ")
    this.#db
      .prepare(`insert into ${this.#table} (${names.join(", ")}) values (${marks})`)
      .run(...[...fields.values()].map(bound))
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

function bound(value: PyJson): SQLInputValue {
  if (typeof value === "boolean") return value ? 1n : 0n
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return value
  throw new TypeError("sqlite3 binds no lists and dicts")
}

/** The tables of a 0.6 node below `folder`. */
export async function oldTables(
  folder: string,
): Promise<Record<"task" | "experiment" | "control" | "profile", OldTable>> {
  const db = join(folder, "db")
  await mkdir(db, { recursive: true })
  return {
    task: new OldTable(join(db, "task.sqlite"), "task", TASK_COLUMNS),
    experiment: new OldTable(join(db, "graph.sqlite"), "experiment", EXPERIMENT_COLUMNS),
    control: new OldTable(join(db, "control.sqlite"), "control_event", CONTROL_COLUMNS),
    profile: new OldTable(join(db, "profile.sqlite"), "node_profile", PROFILE_COLUMNS),
  }
}

/** The fields of an object's wire JSON. */
export function fieldsOf(wire: string): PyObject {
  return asObject(parsePythonJson(wire))
}

/** Identity, settings and peers as 0.6 wrote them. */
export async function writeSettings(folder: string, seed: string): Promise<void> {
  await mkdir(join(folder, "identity"), { recursive: true })
  await writeFile(join(folder, "identity/private_key"), seed)
  const lines = [
    'host = "0.0.0.0"',
    "port = 7470",
    "peer = ['peer.example:7470', '10.0.0.1:7471']",
    'task_id = ""',
    "auto_update = true",
    `data_dir = "/home/somebody/.spore"`,
  ]
  await writeFile(join(folder, "config.toml"), `${lines.join("\n")}\n`)
  await writeFile(join(folder, "known_peer"), "10.0.0.1:7471\n192.0.2.7:7470\n\nrm -rf /\n")
}

/** All files below a folder, by path, with their bytes. */
export async function bytesBelow(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, "base64")] as const)))
}
