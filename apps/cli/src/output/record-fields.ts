import type { ControlRow, ExperimentRow, RerunRow, TaskRow } from "@spore/dag"
import type { ExperimentBody, Run } from "@spore/records"
import { shortId } from "../ids.ts"
import { count, formatBytes, formatDuration, formatTime, formatValue } from "./format.ts"

type Fields = (readonly [name: string, value: string])[]

/** A task manifest for people. */
export function taskFields({ id, author, body, experiments, kept, authors }: TaskRow): Fields {
  const { metric, replay, budget } = body
  const bounds = [metric.min, metric.max].some((bound) => bound !== null)
    ? `, from ${metric.min ?? "−∞"} to ${metric.max ?? "∞"}`
    : ""
  return [
    ["task", body.name],
    ["id", id],
    ["author", author],
    ["created", formatTime(body.created)],
    ["kind", `${body.type}, ${body.artifact}`],
    ["metric", `${metric.name}${metric.unit === "" ? "" : ` (${metric.unit})`}, ${metric.goal}${bounds}`],
    ["least gain", formatValue(metric.minEffect)],
    ["replay", `${replay.mode}, replicates ${replay.replicates}${replaySeeds(replay.seeds)}`],
    ["budget", `${budget.value} ${BUDGET_UNIT[budget.type]}, stopped after ${formatDuration(budget.killSeconds)}`],
    ["classes by", body.classKeys.length === 0 ? "one class for all" : body.classKeys.join(", ")],
    ["needs", named(body.requires)],
    ["bundle", body.bundle.toString()],
    ["baseline", body.baseline.toString()],
    ...(body.supersedes === null ? [] : [["supersedes", body.supersedes.toString()] as const]),
    ["runs", `${count(experiments, "experiment")}, ${kept} kept, ${count(authors, "node")}`],
  ]
}

const BUDGET_UNIT = { wall: "s", steps: "steps", flops: "FLOPs" } as const

function replaySeeds(seeds: readonly number[]): string {
  return seeds.length === 0 ? "" : `, seeds ${seeds.join(", ")}`
}

/** An experiment with its reruns for people. */
export function experimentFields(
  row: ExperimentRow,
  body: ExperimentBody,
  task: TaskRow | undefined,
  rerunRows: readonly RerunRow[],
  controls: readonly ControlRow[],
): Fields {
  const { env, run, proposal } = body
  return [
    ["experiment", row.title],
    ["id", row.id],
    ["task", task === undefined ? row.task : `${task.body.name} (${shortId(row.task)})`],
    ["author", row.author],
    ["created", formatTime(row.created)],
    ["proposed by", row.agent],
    ["hypothesis", proposal.hypothesis],
    ["parent", row.parent ?? "none: a run of the baseline"],
    ["code", row.code],
    ["class", row.class === "" ? "all" : row.class],
    ["outcome", `${row.outcome}, ${row.status}`],
    ["claim", formatValue(row.claim)],
    ["value", `${formatValue(row.value)} (reruns counted)`],
    ["verdict", `${row.verdict}: ${row.explanation}`],
    ...runFields(run),
    ["machine", `${env.arch} ${env.os}, ${env.accelerator}, ${named(env.runtime)}, sandbox ${env.sandbox}`],
    ["log", body.log?.toString() ?? "none"],
    ...rerunRows.map((rerun) => ["rerun", rerunLine(rerun)] as const),
    ...controls.map((control) => ["dispute", controlLine(control)] as const),
  ]
}

function rerunLine(rerun: RerunRow): string {
  const value = rerun.outcome === "ok" ? formatValue(rerun.value) : rerun.outcome
  const vote = rerun.eligible ? "" : ", no vote (by the author, or of another class)"
  return `${value} by ${rerun.author}, ${formatTime(rerun.created)}${vote}, ${shortId(rerun.id)}`
}

function controlLine({ kind, author, created, outcome, id }: ControlRow): string {
  const what = kind === "challenge" ? "challenged" : `said to be ${outcome}`
  return `${what} by ${author}, ${formatTime(created)}, ${shortId(id)}`
}

/** A rerun for people. */
export function rerunFields(rerun: RerunRow, run: Run): Fields {
  return [
    [rerun.kind === "verification" ? "verification" : "response", rerun.id],
    ["experiment", rerun.experiment],
    ["author", rerun.author],
    ["created", formatTime(rerun.created)],
    ["class", rerun.class === "" ? "all" : rerun.class],
    ["outcome", rerun.outcome],
    ["value", formatValue(rerun.value)],
    ["replicates", rerun.replicates.join(", ")],
    ["a vote", rerun.eligible ? "yes" : "no (by the author, or of another class)"],
    ...runFields(run),
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
