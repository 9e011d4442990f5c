import type { ControlRow, ExperimentRow, TaskRow } from "@spore/dag"
import { networkOf } from "@spore/api/views"
import { type ExperimentBody, type Run, SHARED_JUDGE, type TaskBody } from "@spore/records"
import { MIN_KEYS } from "@spore/verify"
import type { Case, JudgedChallenge, JudgedRerun } from "../evidence/case.ts"
import { evidenceFields, evidenceWords, rerunWords, stateFields } from "../evidence/words.ts"
import { shortId } from "../ids.ts"
import { classWord } from "./task-tables.ts"
import type { PackageFacts } from "../exchange/package-facts.ts"
import { count, formatBytes, formatDuration, formatTime, formatValue } from "./format.ts"
import { wordsOf } from "./verdict.ts"

type Fields = (readonly [name: string, value: string])[]

/** A task manifest for people. */
export function taskFields(task: TaskRow, taskPackage: PackageFacts | null): Fields {
  const { id, author, created, body, experiments, kept, authors } = task
  const { metric, replay, budget, classKeys } = task.terms
  const bounds = [metric.min, metric.max].some((bound) => bound !== null)
    ? `, from ${metric.min ?? "−∞"} to ${metric.max ?? "∞"}`
    : ""
  return [
    ["task", task.name],
    ["id", id],
    ...networkFields(id),
    ["author", author ?? "nobody signed a manifest"],
    ["created", created === null ? "unknown" : formatTime(created)],
    ["kind", `${task.type}, ${task.artifact}`],
    ["metric", `${metric.name}${metric.unit === "" ? "" : ` (${metric.unit})`}, ${metric.goal}${bounds}`],
    ["least gain", String(metric.minEffect)],
    ["replay", `${replay.mode}, replicates ${replay.replicates}${replaySeeds(replay.seeds)}`],
    ["budget", `${budget.value} ${BUDGET_UNIT[budget.type]}, stopped after ${formatDuration(budget.killSeconds)}`],
    ["classes by", classKeys.length === 0 ? "one class for all" : classKeys.join(", ")],
    ...(taskPackage === null ? [] : packageFields(taskPackage)),
    ...manifestFields(body),
    ["runs", `${count(experiments, "experiment")}, ${kept} kept, ${count(authors, "node")}`],
  ]
}

/** Which network an object is of, where it is not this one. */
function networkFields(id: string): Fields {
  const network = networkOf(id)
  return network === "spore" ? [] : [["network", `${network}: kept as it was signed, not run here`]]
}

/** What only the bundle tells: who judges, and what Python must bring along. */
function packageFields({ evaluator, judge, lock }: PackageFacts): Fields {
  const apart = judge === "separate" ? "apart from the candidate" : "sharing a process or sandbox with it: weaker"
  return [
    ["judge", `${evaluator}, ${apart}`],
    ...(lock === null ? [] : [["python", `packages of ${lock} (spore task environment)`] as const]),
  ]
}

function manifestFields(body: TaskBody | null): Fields {
  if (body === null) return []
  return [
    ["needs", named(body.requires)],
    ["bundle", body.bundle.toString()],
    ["baseline", body.baseline.toString()],
    ...(body.supersedes === null ? [] : [["supersedes", body.supersedes.toString()] as const]),
  ]
}

const BUDGET_UNIT = { wall: "s", steps: "steps", flops: "FLOPs" } as const

function replaySeeds(seeds: readonly number[]): string {
  return seeds.length === 0 ? "" : `, seeds ${seeds.join(", ")}`
}

/** What is known of an experiment. */
export interface KnownExperiment {
  readonly known: Case
  /** Its record; null where it is withheld, or of the 0.6 network. */
  readonly body: ExperimentBody | null
  /** The fields that are shown besides, of an object of the 0.6 network. */
  readonly signed: Readonly<Record<string, unknown>> | null
  /** Whether its parent is here. */
  readonly hasParent: boolean
}

/** An experiment with its reruns for people. */
export function experimentFields({ known, body, signed, hasParent }: KnownExperiment): Fields {
  const { row, task } = known
  const parent = row.parent === null ? "none: a run of the baseline" : `${row.parent}${hasParent ? "" : ", not here"}`
  return [
    ["experiment", row.status === "withheld" ? "withheld: this node does not keep what it says" : row.title],
    ["id", row.id],
    ...networkFields(row.id),
    ["task", task === undefined ? row.task : `${task.name} (${shortId(row.task)})`],
    ["author", row.author],
    ["created", formatTime(row.created)],
    ["proposed by", row.agent],
    ...(body === null ? [] : [["hypothesis", body.proposal.hypothesis] as const]),
    ["parent", parent],
    ["code", row.code],
    ["class", classWord(row)],
    ["outcome", `${row.outcome}, ${row.status}${listWords(row)}`],
    ...stateFields(known),
    ...evidenceFields(known),
    ...(body === null ? [] : runFields(body.run)),
    ...(body === null ? [] : machineFields(body)),
    ...Object.entries(signed ?? {}).map(([name, value]) => [`signed ${name}`, String(value)] as const),
  ]
}

/** Which list of its class an experiment is on, and what a candidate waits for. */
function listWords({ frontier, promoted, candidate, voters }: ExperimentRow): string {
  if (promoted) return frontier ? ", promoted by reruns" : ", promoted by reruns, then surpassed"
  if (frontier) return ", on the frontier as the baseline"
  if (!candidate) return ""
  return voters < MIN_KEYS
    ? ", a candidate: promoted once reruns by two other keys show it better"
    : ", a candidate: reruns do not show it better than what was promoted before, yet"
}

function machineFields({ env, log }: ExperimentBody): Fields {
  return [
    ["machine", `${env.arch} ${env.os}, ${env.accelerator}, ${named(env.runtime)}`],
    ["sandbox", sandboxLine(env.sandbox)],
    ["log", log?.toString() ?? "none"],
  ]
}

/** How strong a run was: where judge and candidate share a sandbox, a candidate that means ill could reach its score. */
function sandboxLine(sandbox: string): string {
  return sandbox.endsWith(SHARED_JUDGE) ? `${sandbox} (judge and candidate share a sandbox: weaker)` : sandbox
}

/** A rerun for people. */
export function rerunFields(judged: JudgedRerun, { row, task }: Case, run: Run, log: string | null): Fields {
  const { rerun, noVote } = judged
  return [
    [rerun.kind === "verification" ? "verification" : "response", rerun.id],
    ...claimedFields(row, task),
    ["author", rerun.author],
    ["created", formatTime(rerun.created)],
    ["class", classWord(rerun)],
    ["result", rerunWords(judged, task?.terms.metric.minEffect ?? 0)],
    ["a vote", noVote === null ? "yes" : `no: ${noVote}`],
    ["replicates", rerun.replicates.join(", ")],
    ...runFields(run),
    ["log", log ?? "none"],
  ]
}

/** A challenge for people. */
export function challengeFields({ control, evidence, acts }: JudgedChallenge, { row, task }: Case): Fields {
  return [
    ["challenge", control.id],
    ...claimedFields(row, task),
    ["author", control.author],
    ["created", formatTime(control.created)],
    ["evidence", evidenceWords({ control, evidence }, task?.terms.metric.minEffect ?? 0)],
    ["acts", acts ? "yes" : "no: its evidence alone does not speak against the claim"],
  ]
}

/** A dispute for people: its outcome is its author's word, and nothing more. */
export function disputeFields(control: ControlRow, { row, task }: Case): Fields {
  return [
    ["dispute", control.id],
    ...claimedFields(row, task),
    ["author", control.author],
    ["created", formatTime(control.created)],
    ["remark", `${control.outcome}: its author's word, which decides nothing`],
    ["evidence", control.evidence.map(shortId).join(", ") || "none"],
  ]
}

/** The claim that a fact is about, and how it stands by the shared rule. */
function claimedFields(row: ExperimentRow, task: TaskRow | undefined): Fields {
  return [
    ["experiment", row.id],
    ["title", row.title],
    ["task", task === undefined ? row.task : `${task.name} (${shortId(row.task)})`],
    ["claim", formatValue(row.claim, task?.terms.metric.minEffect ?? 0)],
    ["state", wordsOf(row)],
    ["why", row.explanation],
  ]
}

function runFields({ seconds, steps, peakMemoryMb, metrics, scores }: Run): Fields {
  const memory = peakMemoryMb === null ? "" : `, ${formatBytes(peakMemoryMb * 1024 * 1024)}`
  return [
    ["took", `${formatDuration(seconds)}${steps === null ? "" : `, ${steps} steps`}${memory}`],
    ["scores", scores.length === 0 ? "none" : scores.join(", ")],
    ...(Object.keys(metrics).length === 0 ? [] : [["metrics", named(metrics)] as const]),
  ]
}

function named(values: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${value}`)
  return parts.length === 0 ? "nothing in particular" : parts.join(", ")
}
