import { refuse } from "../errors.ts"
import { isControlType, type LegacyType } from "../objects/families.ts"
import { badSignature, type LegacyObject } from "../objects/object.ts"
import { acceptable } from "../objects/open.ts"
import { readWireObject } from "../objects/read.ts"
import { verifyLegacySignatureAsync } from "../signature/verify.ts"
import type { DatabaseCopy, Row, Selection } from "./database.ts"
import { refusalOf } from "./problem.ts"
import { experimentOf, profileOf } from "./stored-experiment.ts"
import type { LegacyOutcome } from "./types.ts"

/** A table of a 0.6 node in which objects are stored. */
export interface ObjectTable extends Selection {
  readonly file: string
  /** Gives the object of a row, its signature unchecked. */
  readonly read: (row: Row) => LegacyObject
}

export const OBJECT_TABLES: readonly ObjectTable[] = [
  // The tasks that 0.6 made up for lineages without a manifest are made up here, too.
  { file: "task.sqlite", table: "task", where: "source = 'manifest'", read: taskOf },
  { file: "graph.sqlite", table: "experiment", where: "true", read: experimentOf },
  { file: "control.sqlite", table: "control_event", where: "true", read: controlOf },
  { file: "profile.sqlite", table: "node_profile", where: "true", read: profileOf },
]

/** Signatures checked at once on the thread pool. */
const BATCH = 128

/** All objects of a table, in the order in which they were stored: parents mostly before their children. */
export async function* objectsIn(source: ObjectTable, db: DatabaseCopy): AsyncGenerator<LegacyOutcome> {
  const what = `db/${source.file}`
  let batch: Promise<LegacyOutcome>[] = []
  try {
    for (const row of db.rows(source)) {
      batch.push(outcomeOf(source, row))
      if (batch.length < BATCH) continue
      yield* await Promise.all(batch)
      batch = []
    }
  } catch (error) {
    batch.push(Promise.resolve({ state: "refused", ...refusalOf(what, error) }))
  }
  yield* await Promise.all(batch)
}

async function outcomeOf(source: ObjectTable, row: Row): Promise<LegacyOutcome> {
  const id = row["id"] ?? row["task_id"] ?? row["event_id"]
  const what = `db/${source.file}: ${typeof id === "string" ? id.slice(0, 64) : "a row without id"}`
  try {
    const object = source.read(row)
    if (!(await verifyLegacySignatureAsync(object.publicKey, object.payload, object.signature))) throw badSignature()
    return { state: "accepted", object }
  } catch (error) {
    return { state: "refused", ...refusalOf(what, error) }
  }
}

function taskOf(row: Row): LegacyObject {
  return objectOfJson(row["manifest_json"], "task")
}

function controlOf(row: Row): LegacyObject {
  const type = row["type"]
  if (typeof type !== "string" || !isControlType(type)) throw refuse("unknown_type", "no control event")
  return objectOfJson(row["payload"], type)
}

function objectOfJson(json: unknown, type: LegacyType): LegacyObject {
  if (typeof json !== "string") throw refuse("bad_schema", "no JSON")
  return acceptable(readWireObject(json, type))
}
