import type { TaskBody } from "@spore/records"
import { deadEndsOf } from "../dead-ends.ts"
import type { ExperimentWords, PastExperiment, ProposalContext } from "../proposer.ts"
import type { Draft, Group } from "./budget.ts"
import type { Keep } from "./cut.ts"
import { visible, visibleLine, visibleLog } from "./visible.ts"

/** Of one kind, at most. */
const LIST_ITEMS = 40
/** Experiments whose failure is told in full. */
const FAILURES = 4
/** UTF-16 units of one text that are looked at. */
const LONGEST_TEXT = 1 << 20
const LONGEST_LOG = 1 << 15
const TASK_FILE = "spore.task.json"

/** Everything that others wrote and that may help, as parts of any length. */
export async function draftsOf(context: ProposalContext): Promise<Draft[]> {
  return [
    taskDraft(context),
    ...codeDrafts(context),
    ...list("refused", "proposals of this turn that were not taken", context.refused.map(refusedLine)),
    ...(await parentDrafts(context)),
    ...(await failureDrafts(context)),
    ...frozenDrafts(context),
    ...list("lineage", "how the parent came about, oldest first", lineageLines(context), "end"),
    ...list("frontier", "the best experiments, best first", frontierLines(context)),
    ...list("siblings", "what was tried from the same parent, newest first", siblingLines(context)),
    ...list("dead ends", "what did not help elsewhere: the parent's own line, then the newest", deadEndLines(context)),
    ...list("claims", "what others are trying now", claimLines(context)),
  ]
}

function taskDraft({ task, candidate, parent }: ProposalContext): Draft {
  const { metric, budget, replay } = task
  const unit = metric.unit === "" ? "" : ` ${visibleLine(metric.unit)}`
  const lines = [
    `name: ${visibleLine(task.name)}`,
    `metric: ${visibleLine(metric.name)}, ${metric.goal === "minimize" ? "lower is better" : "higher is better"}`,
    ...(metric.min === null ? [] : [`least valid value: ${metric.min}${unit}`]),
    ...(metric.max === null ? [] : [`greatest valid value: ${metric.max}${unit}`]),
    `least difference that counts: ${metric.minEffect}${unit}`,
    `language: ${visibleLine(candidate.language)}`,
    `editable files: ${candidate.editable.map(visibleLine).join(", ")}`,
    `entry: ${visibleLine(candidate.entry)}`,
    budgetLine(budget),
    ...(replay.replicates > 1 ? [`runs of a candidate: ${replay.replicates}`] : []),
    `machine: ${visibleLine(parent.class)}`,
    "",
    visible(task.description),
  ]
  return draft("task", "the task", lines.join("\n"), "start")
}

function budgetLine({ type, value, killSeconds }: TaskBody["budget"]): string {
  const unit = type === "wall" ? "seconds" : type
  return `budget of a run: ${value} ${unit}, and it is stopped after ${killSeconds} seconds`
}

function codeDrafts({ candidate, parent }: ProposalContext): Draft[] {
  return candidate.editable.flatMap((path) => {
    const content = parent.files.get(path)
    return content === undefined ? [] : [fileDraft("code", "an editable file", path, content)]
  })
}

/** README first; then the task's other frozen files, the smallest first. */
function frozenDrafts({ frozen, candidate }: ProposalContext): Draft[] {
  const files = [...frozen]
    .filter(([path]) => path !== TASK_FILE && !candidate.editable.includes(path))
    .toSorted(([, a], [, b]) => a.length - b.length)
  return files.map(([path, content]) =>
    /^readme(\.|$)/i.test(path)
      ? fileDraft("readme", "the task's README", path, content)
      : fileDraft("files", "a file of the task that cannot be changed", path, content),
  )
}

function fileDraft(group: Group, label: string, path: string, content: Uint8Array): Draft {
  return draft(group, label, `path: ${visibleLine(path)}\n\n${fileText(content)}`, "ends")
}

function fileText(content: Uint8Array): string {
  try {
    return visible(new TextDecoder("utf-8", { fatal: true }).decode(content).slice(0, LONGEST_TEXT))
  } catch {
    return `(${content.length} bytes that are not text)`
  }
}

async function parentDrafts(context: ProposalContext): Promise<Draft[]> {
  const { parent } = context
  const words = await wordsOf(context, parent.id)
  const lines = [
    `title: ${visibleLine(parent.title)}`,
    `value: ${parent.value ?? "not known yet"}`,
    `chosen as parent because: ${visibleLine(parent.reason)}`,
    ...wordLines(words),
  ]
  return [draft("parent", "the parent, whose files are to be changed", lines.join("\n"), "ends")]
}

async function failureDrafts(context: ProposalContext): Promise<Draft[]> {
  const { history, parent } = context
  const near = history.filter((past) => past.parent === parent.id && past.status !== "keep")
  const crashes = history.filter((past) => past.parent !== parent.id && past.status === "crash")
  const failures: Draft[] = []
  for (const past of [...near, ...crashes].slice(0, FAILURES)) {
    const words = await wordsOf(context, past.id)
    if (words.feedback === null && words.log === null) continue
    const text = [experimentLine(past), ...wordLines(words)].join("\n")
    failures.push(draft("failures", "an experiment that did not help, and its output", text, "ends"))
  }
  return failures
}

async function wordsOf(context: ProposalContext, id: string): Promise<ExperimentWords> {
  return context.words(id).catch(() => ({ hypothesis: null, feedback: null, log: null }))
}

function wordLines({ hypothesis, feedback, log }: ExperimentWords): string[] {
  return [
    ...(hypothesis === null ? [] : [`hypothesis: ${visible(hypothesis)}`]),
    ...(feedback === null ? [] : [`the evaluator said:\n${visible(feedback.slice(0, LONGEST_LOG))}`]),
    ...(log === null ? [] : [`the end of its output:\n${visibleLog(log.slice(-LONGEST_LOG))}`]),
  ]
}

function lineageLines({ history, parent }: ProposalContext): string[] {
  const byId = new Map(history.map((past) => [past.id, past]))
  const line: PastExperiment[] = []
  let at = byId.get(parent.id)
  while (at !== undefined && line.length < LIST_ITEMS && !line.includes(at)) {
    line.push(at)
    at = at.parent === null ? undefined : byId.get(at.parent)
  }
  return line.toReversed().map((past) => experimentLine(past))
}

function frontierLines({ history, frontier }: ProposalContext): string[] {
  const byId = new Map(history.map((past) => [past.id, past]))
  return frontier.flatMap((id) => byId.get(id) ?? []).map((past) => experimentLine(past))
}

function siblingLines({ history, parent }: ProposalContext): string[] {
  return history.filter((past) => past.parent === parent.id).map((past) => experimentLine(past, parent.value))
}

/** Those of the parent's own line first; those tried from the parent itself are its siblings. */
function deadEndLines({ task, history, parent }: ProposalContext): string[] {
  const values = new Map(history.map(({ id, value }) => [id, value]))
  const ofLine = deadEndsOf({ parent, history, goal: task.metric.goal }).filter(({ distance }) => distance > 0)
  const told = new Set(ofLine.map(({ id }) => id))
  const elsewhere = history
    .filter(({ id, parent: changed }) => changed !== parent.id && !told.has(id))
    .filter(({ status }) => status === "discard" || status === "crash")
  return [
    ...ofLine.map(({ title, outcome }) => `from an ancestor of the parent, ${outcome}: ${visibleLine(title)}`),
    ...elsewhere.map((past) => experimentLine(past, past.parent === null ? null : values.get(past.parent))),
  ]
}

function claimLines({ claims, parent }: ProposalContext): string[] {
  return claims.map(
    (claim) => `${visibleLine(claim.summary)} (from ${claim.parent === parent.id ? "the same" : "another"} parent)`,
  )
}

function refusedLine({ title, reason }: ProposalContext["refused"][number]): string {
  return `${visibleLine(title)}: ${visibleLine(reason)}`
}

/** `discard 0.9981 (its parent 0.9979): wider layers`. */
function experimentLine({ status, value, title }: PastExperiment, parentValue: number | null = null): string {
  const before = parentValue === null ? "" : ` (its parent ${parentValue})`
  return `${status}${value === null ? "" : ` ${value}`}${before}: ${visibleLine(title)}`
}

function list(group: Group, label: string, items: readonly string[], keep: Keep = "start"): Draft[] {
  if (items.length === 0) return []
  const shown = items.slice(0, LIST_ITEMS).map((item) => `- ${item}`)
  if (items.length > shown.length) shown.push(`- and ${items.length - shown.length} more`)
  return [draft(group, label, shown.join("\n"), keep)]
}

function draft(group: Group, label: string, text: string, keep: Keep): Draft {
  return { group, label, text, keep }
}
