/**
 * Signed experiments of this node from rows of a table of its keeper's own results. What is signed is that this key
 * measured the rows on this machine, which its keeper alone can say.
 *
 * @packageDocumentation
 */
import { allPages, type RunnableTask, type Store } from "@spore/dag"
import {
  CID,
  type Env,
  type Identity,
  messageOf,
  type Replay,
  signRecord,
  type SporeRecord,
  systemClock,
  unixSeconds,
} from "@spore/records"
import { cliError } from "../errors.ts"
import { mibOf, refused, type ResultRow } from "./results-table.ts"

const MAX_TITLE = 256
const MAX_HYPOTHESIS = 8192
const AGENT = "results.tsv"

/** A row with its code. */
export interface CodedRow extends ResultRow {
  readonly code: CID
  /** The commit of the row it was made from, null for none. Left out: the last one before it that was kept. */
  readonly from?: string | null
}

interface RecordsInit {
  readonly store: Store
  readonly task: RunnableTask
  readonly identity: Identity
  /** This machine, where the rows were measured. */
  readonly env: Env
}

/** An experiment that others may be children of. */
interface Parent {
  readonly cid: CID
  readonly created: number
}

/**
 * New records for the rows, in their order, and the number of those that say nothing new.
 *
 * @throws SporeError `results_refused`
 */
export async function resultRecords(
  rows: readonly CodedRow[],
  { store, task, identity, env }: RecordsInit,
): Promise<{ fresh: SporeRecord<"experiment">[]; known: number }> {
  const known = await ownExperiments(store, task, identity)
  const fresh: SporeRecord<"experiment">[] = []
  const now = Math.max(unixSeconds(systemClock), task.body.created)
  const made = new Map<string, Parent>()
  let kept: Parent | null = null
  for (const row of rows) {
    const parent: Parent | null =
      row.from === undefined ? kept : row.from === null ? null : (made.get(row.from) ?? kept)
    const title = utf8Start(row.description, MAX_TITLE)
    const key = keyOf(parent?.cid ?? null, row.code, row.value, title)
    let own = known.get(key)
    if (own === undefined) {
      const fields = experimentFields(row, parent, title)
      const created: number = Math.max(now, parent?.created ?? 0)
      const record = sign(identity, { ...fields, created, task: CID.parse(task.id), env })
      own = { cid: record.cid, created }
      known.set(key, own)
      fresh.push(record)
    }
    if (!made.has(row.commit)) made.set(row.commit, own)
    if (kept === null || row.status === "keep") kept = own
  }
  return { fresh, known: rows.length - fresh.length }
}

/** @throws SporeError `results_refused` for one that the store does not take */
export async function storeRecords(store: Store, records: readonly SporeRecord<"experiment">[]): Promise<void> {
  for (const { id, status, reason } of await store.ingest(records)) {
    if (status !== "stored" && status !== "known") {
      throw cliError("results_refused", `${id} was not stored: ${reason ?? status}`, { next: "spore doctor" })
    }
  }
}

/** Why a table with one value a row cannot say what records of a task must say; null where it can. */
export function whyUnmeasured({ mode, replicates }: Pick<Replay, "mode" | "replicates">): string | null {
  if (mode === "exact") return "is replayed exactly, with the seeds of its manifest, and a table says no seeds"
  if (replicates > 1) {
    return `asks for ${replicates} scores an experiment, and a row has one: to repeat it would be a lie`
  }
  return null
}

type Fields = Parameters<typeof signRecord<"experiment">>[2]

function experimentFields(
  { value, memoryGb, description, code }: CodedRow,
  parent: Parent | null,
  title: string,
): Omit<Fields, "created" | "task" | "env"> {
  const isCrash = value === null
  return {
    parent: parent?.cid ?? null,
    code,
    run: {
      outcome: isCrash ? "crash" : "ok",
      scores: isCrash ? [] : [value],
      metrics: {},
      // The table does not say.
      seconds: 0,
      steps: null,
      peakMemoryMb: mibOf(memoryGb),
    },
    proposal: { title, hypothesis: title === description ? "" : utf8Start(description, MAX_HYPOTHESIS), agent: AGENT },
    log: null,
    outputs: null,
  }
}

function sign(identity: Identity, fields: Fields): SporeRecord<"experiment"> {
  try {
    return signRecord(identity, "experiment", fields)
  } catch (error) {
    throw refused(messageOf(error))
  }
}

/** What this node said of a task before, so that the same table again adds nothing. */
async function ownExperiments(store: Store, task: RunnableTask, { nodeId }: Identity): Promise<Map<string, Parent>> {
  const own = new Map<string, Parent>()
  const filter = { task: task.id, author: nodeId, sort: "oldest" } as const
  for await (const row of allPages((page) => store.experiments(filter, page))) {
    const { id, parent, code, claim, title, created } = row
    const parentCid = parent === null ? null : CID.parse(parent)
    own.set(keyOf(parentCid, CID.parse(code), claim, title), { cid: CID.parse(id), created })
  }
  return own
}

function keyOf(parent: CID | null, code: CID, value: number | null, title: string): string {
  return JSON.stringify([parent?.toString() ?? null, code.toString(), value, title])
}

/** As much of a text as fits into so many bytes of UTF-8. */
function utf8Start(text: string, maxBytes: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return text.slice(0, end)
}
