import { SporeApiError } from "../client/error.ts"
import type { Code, Diff, Experiment, ExperimentDetail, Proof } from "../dto/index.ts"
import { type WriteJson, writeChunks } from "./chunks.ts"
import type { Evidence } from "./evidence.ts"
import { type CopyExperiment, copyPaths } from "./format.ts"
import { shardOf } from "./shards.ts"
import type { CopyInit, CopyPlan, TaskPlan } from "./plan.ts"

/** Characters of code in one file: candidates are much alike, so that together they take little on the wire. */
const PACK = 256 * 1024
/** Bytes of a log: a longer one is left out. */
const MAX_LOG = 1024 * 1024

interface Writing extends CopyInit {
  readonly write: WriteJson
}

/** Writes code, logs, and what each experiment's page needs. */
export async function writeExperiments(
  init: Writing,
  plan: CopyPlan,
  shards: readonly string[],
  evidence: Evidence,
): Promise<void> {
  const codes = await writeCodes(init, plan)
  const texts = plan.tasks.map(({ rows }) => rows.map(() => ""))
  let done = 0
  for (const [i, members] of membersOf(plan, shards).entries()) {
    const shard: Record<string, CopyExperiment> = {}
    for (const { task, position, row } of members) {
      const detail = await init.client.experiment(row.id)
      texts[task]?.splice(position, 1, `${row.title}\n${detail.hypothesis}`)
      const code = codes.get(row.code) ?? null
      const log = await writeLog(init, row.id, detail)
      shard[row.id] = {
        task,
        position,
        detail: detailOf(row, detail, { code: code !== null, log: log !== null }),
        reruns: [...(evidence.rerunsOf.get(row.id) ?? [])],
        controls: [...(evidence.controlsOf.get(row.id) ?? [])],
        comparison: await init.client.comparison(row.id),
        proof: await proofOf(init, row),
        log,
        code: code?.place ?? null,
        diff: await diffOf(init, plan.tasks[task], row, codes),
      }
      init.progress?.(++done, plan.experiments)
    }
    await init.write(copyPaths.experiments(i), shard)
  }
  for (const [task, ofTask] of texts.entries()) {
    await writeChunks(init.write, ofTask, (chunk) => copyPaths.text(task, chunk))
  }
}

interface Member {
  readonly task: number
  readonly position: number
  readonly row: Experiment
}

/** The experiments of each shard, by id. */
function membersOf(plan: CopyPlan, shards: readonly string[]): Member[][] {
  const members: Member[][] = shards.map(() => [])
  for (const [task, { rows }] of plan.tasks.entries()) {
    for (const [position, row] of rows.entries()) members[shardOf(shards, row.id)]?.push({ task, position, row })
  }
  for (const each of members) each.sort((a, b) => (a.row.id < b.row.id ? -1 : 1))
  return members
}

interface CodePlace {
  readonly place: [pack: number, place: number]
  /** Whether some of its files are not there as text, so that they cannot be compared in the copy. */
  readonly isPartial: boolean
}

/** Writes the code that is held, each once; gives where it is. */
async function writeCodes(
  { client, write, code: isAsked = true }: Writing,
  plan: CopyPlan,
): Promise<Map<string, CodePlace>> {
  const places = new Map<string, CodePlace>()
  if (!isAsked) return places
  const seen = new Set<string>()
  let pack: Code[] = []
  let size = 0
  let packs = 0
  const flush = async (): Promise<void> => {
    if (pack.length > 0) await write(copyPaths.code(packs++), pack)
    pack = []
    size = 0
  }
  for (const row of plan.tasks.flatMap(({ rows }) => rows)) {
    if (seen.has(row.code)) continue
    seen.add(row.code)
    const code = await client.code(row.id)
    if (!code.held) continue
    const isPartial = code.files.some(({ text }) => text === null)
    places.set(row.code, { place: [packs, pack.length], isPartial })
    pack.push(code)
    size += code.files.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)
    if (size > PACK) await flush()
  }
  await flush()
  return places
}

/** The fields of a detail that its row has not; what the copy does not hold is said not to be held. */
function detailOf(
  row: Experiment,
  detail: ExperimentDetail,
  held: { readonly code: boolean; readonly log: boolean },
): Record<string, unknown> {
  const own = {
    ...detail,
    code_held: held.code,
    log: detail.log === null ? null : { ...detail.log, held: held.log },
    outputs: detail.outputs === null ? null : { ...detail.outputs, held: false },
  }
  return Object.fromEntries(Object.entries(own).filter(([name]) => name !== "parent_experiment" && !(name in row)))
}

/** The bytes of a log, where the copy holds it. */
async function writeLog(
  { client, sink, logs = true }: Writing,
  id: string,
  { log: named }: ExperimentDetail,
): Promise<number | null> {
  if (!logs || named?.held !== true) return null
  const { cid, bytes, text, truncated } = await client.log(id)
  if (cid === null || bytes === null || text === null || bytes > MAX_LOG) return null
  await sink.write(copyPaths.log(cid), truncated ? await client.blobText(cid) : text)
  return bytes
}

async function proofOf({ client }: Writing, { id }: Experiment): Promise<Proof | null> {
  try {
    return await client.proof(id)
  } catch (error) {
    if (error instanceof SporeApiError && error.status === 404) return null
    throw error
  }
}

async function diffOf(
  { client }: Writing,
  task: TaskPlan | undefined,
  { id, parent, code }: Experiment,
  codes: ReadonlyMap<string, CodePlace>,
): Promise<Diff | null> {
  if (parent === null || task?.positions.has(parent) !== true || codes.get(code)?.isPartial !== true) return null
  return client.diff(id)
}
