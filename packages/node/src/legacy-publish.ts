import { createHash } from "node:crypto"
import type { ExperimentRow, Store, TaskRow } from "@spore/dag"
import {
  isLegacyId,
  isLegacyKind,
  type LegacyErrorCode,
  type LegacyFields,
  type LegacyObject,
  type LegacyObjectOf,
  legacyCodeLink,
  parseLegacy,
  SCORE_BOUNDS,
  signLegacy,
} from "@spore/legacy"
import { CID, type Clock, type Identity, isSporeError, SporeError, unixSeconds } from "@spore/records"
import { type ArtifactStore, MAX_BLOCK } from "@spore/records/artifacts"
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff"

export type LegacyStatus = "keep" | "discard" | "crash"

/** An experiment done on a task of the 0.6 network, and how it went. */
export interface LegacyResult {
  /** Id of the task: 64 hex digits. */
  readonly task: string
  /** Id of the experiment that it changes; null for the first of a task. */
  readonly parent: string | null
  /** The `train.py` that ran, at most 1 MiB. */
  readonly code: Uint8Array
  /** The task's metric, whatever it is called; null for a crash that measured nothing. */
  readonly valBpb: number | null
  /** Without it what 0.6 said: `keep` where it is better than the parent in the task's goal, else `discard`. */
  readonly status?: LegacyStatus | undefined
  readonly description: string
  readonly hypothesis: string
  /** Which model proposed it; "" for none. */
  readonly agentModel: string
  readonly gpuModel: string
  readonly cudaVersion: string
  readonly torchVersion: string
  readonly peakVramMb: number
  readonly numSteps: number
  readonly numParams: number
  /** Seconds of training; the parent's, else the task's, where it is left out. */
  readonly timeBudget?: number | undefined
  /** SHA-256 of the evaluation script and of the data set; the parent's where they are left out. */
  readonly prepareCid?: string | undefined
  readonly datasetCid?: string | undefined
}

export interface LegacyPublishInit {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly identity: Identity
  readonly clock: Clock
}

type Parent = LegacyObjectOf<"legacy_experiment">

/** Comparing costs the square of the lines that differ; beyond this the diff stays empty. */
const DIFF_MS = 5_000

/**
 * Signs a result as a record of version 2 of the 0.6 network and stores it with its code. A running node sends it on.
 *
 * @throws SporeError `not_found` for an unknown task or parent, `publish_refused` for what no reader would take
 */
export async function publishLegacyExperiment(
  init: LegacyPublishInit,
  result: LegacyResult,
): Promise<LegacyObjectOf<"legacy_experiment">> {
  const { store, artifacts, identity, clock } = init
  const task = await taskOf(store, result.task)
  const found = result.parent === null ? null : await parentOf(store, result.parent, result.task)
  const { status, value } = outcomeOf(result, task, found?.row ?? null)
  if (result.code.length > MAX_BLOCK) throw refused(`code of ${result.code.length} bytes, limit ${MAX_BLOCK}`)
  const digest = createHash("sha256").update(result.code).digest("hex")
  const parent = found?.object ?? null
  const fields: LegacyFields = {
    parent: parent?.id ?? null,
    depth: BigInt(found === null ? 0 : found.row.depth + 1),
    code_cid: digest,
    dataset_cid: result.datasetCid ?? parent?.body.dataset_cid ?? "",
    prepare_cid: result.prepareCid ?? parent?.body.prepare_cid ?? "",
    time_budget: whole("time budget", result.timeBudget ?? budgetOf(task, parent)),
    // Floats of Python, whole or not: 0.6 reads `1` and `1.0` as different bytes.
    val_bpb: value,
    peak_vram_mb: finite("peak memory", result.peakVramMb),
    num_steps: whole("number of steps", result.numSteps),
    num_params: whole("number of parameters", result.numParams),
    status,
    description: result.description,
    hypothesis: result.hypothesis,
    agent_model: result.agentModel,
    gpu_model: result.gpuModel,
    cuda_version: result.cudaVersion,
    torch_version: result.torchVersion,
    task_id: result.task,
    // A clock that is behind makes nobody's child older than its parent.
    timestamp: BigInt(Math.max(unixSeconds(clock), parent?.created ?? 0)),
  }
  const object = sign(identity, fields, await diffTo(artifacts, parent, result.code))
  await artifacts.put(CID.parse(legacyCodeLink(digest)), result.code)
  const [outcome] = await store.ingest([object])
  if (outcome?.status !== "stored" && outcome?.status !== "known") {
    throw refused(`the store did not take it: ${outcome?.reason ?? outcome?.status}`)
  }
  return object
}

async function taskOf(store: Store, id: string): Promise<TaskRow> {
  const task = isLegacyId(id) ? await store.task(id) : undefined
  if (task !== undefined) return task
  throw new SporeError("not_found", `no task of the 0.6 network with the id ${id} is known here`, {
    next: "spore task list, or spore legacy sync HOST:PORT",
  })
}

async function parentOf(store: Store, id: string, task: string): Promise<{ object: Parent; row: ExperimentRow }> {
  const stored = await store.object(id)
  const row = await store.experiment(id)
  if (stored === undefined || row === undefined || !isLegacyKind(stored.kind)) {
    throw new SporeError("not_found", `no experiment of the 0.6 network with the id ${id} is known here`, {
      next: "spore frontier --task <task>, or spore legacy sync HOST:PORT",
    })
  }
  const object: LegacyObject = parseLegacy(stored.kind, stored.payload, stored.signature)
  if (object.kind !== "legacy_experiment" || row.task !== task) throw refused(`${id} is no experiment of this task`)
  return { object, row }
}

function outcomeOf(
  { status, valBpb }: LegacyResult,
  task: TaskRow,
  parent: ExperimentRow | null,
): { status: LegacyStatus; value: number } {
  if (valBpb === null) {
    if (status === undefined || status === "crash") return { status: "crash", value: 0 }
    throw refused(`a ${status} needs a value of ${task.terms.metric.name}`)
  }
  // No minus zero.
  const value = finite(task.terms.metric.name, valBpb) + 0
  if (status !== "crash" && (value < SCORE_BOUNDS.min || value > SCORE_BOUNDS.max)) {
    throw refused(`${value} lies outside of ${SCORE_BOUNDS.min} to ${SCORE_BOUNDS.max}: nobody would count it`)
  }
  if (status !== undefined) return { status, value }
  // A parent that crashed reached nothing.
  const reached = parent?.claim ?? null
  const isBetter = reached === null || (task.terms.metric.goal === "maximize" ? value > reached : value < reached)
  return { status: isBetter ? "keep" : "discard", value }
}

/** What a stranger wrote into the parent may be no number of seconds. */
function budgetOf({ terms }: TaskRow, parent: Parent | null): number {
  const seconds = parent?.body.time_budget ?? -1
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : Math.round(terms.budget.value)
}

/** Without the diff where the record would be too large with it: readers make their own of the code. */
function sign(identity: Identity, fields: LegacyFields, diff: string): LegacyObjectOf<"legacy_experiment"> {
  for (const text of diff === "" ? [""] : [diff, ""]) {
    try {
      const object = signLegacy(identity.exportSeed(), "legacy_experiment", { ...fields, diff: text })
      if (object.kind === "legacy_experiment") return object
    } catch (error) {
      if (text !== "" && isSporeError<LegacyErrorCode>(error, "too_large")) continue
      throw refused(error instanceof Error ? error.message : String(error), error)
    }
  }
  throw refused("the record is too large")
}

/** Against the parent's code; empty where that is not held, or one of them is no text. */
async function diffTo(artifacts: ArtifactStore, parent: Parent | null, code: Uint8Array): Promise<string> {
  if (parent === null || !isLegacyId(parent.body.code_cid)) return ""
  const before = await artifacts.get(CID.parse(legacyCodeLink(parent.body.code_cid)))
  const [old, own] = [textOf(before), textOf(code)]
  if (old === null || own === null) return ""
  const patch = structuredPatch("train.py", "train.py", old, own, undefined, undefined, {
    context: 3,
    timeout: DIFF_MS,
  })
  return patch === undefined || patch.hunks.length === 0 ? "" : formatPatch(patch, FILE_HEADERS_ONLY)
}

function textOf(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function finite(what: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw refused(`${what} is no number`)
}

function whole(what: string, value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  throw refused(`${what} is no whole number`)
}

function refused(message: string, cause?: unknown): SporeError {
  return new SporeError("publish_refused", message, cause === undefined ? {} : { cause })
}
