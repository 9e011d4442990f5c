import { viewRerun } from "@spore/api/views"
import type { ExperimentRow, RerunRow, Store } from "@spore/dag"
import { isKind } from "@spore/records"
import type { Context, Invocation, Output } from "../context.ts"
import { evidenceFilter, listOptions } from "../evidence/filter.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatAgo, formatTime, formatValue } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"
import { wordsOf } from "../output/verdict.ts"
import { type NoVote, whyNoVote } from "../output/votes.ts"

/** From these widths on there is room for the claim's state, and for times and titles in full. */
const ROOM = { state: 90, all: 118 } as const

/** A rerun with the claim that it is of. */
interface Line {
  readonly rerun: RerunRow
  readonly experiment: ExperimentRow
  readonly noVote: NoVote | null
  readonly log: string | null
}

/** Lists who reran what and what came out, newest first. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const asked = listOptions.parse(options)
  const store = await openFacts(dataDir)
  try {
    const filter = await evidenceFilter(dataDir, store, args[0], asked)
    const page = { limit: asked.limit, ...(asked.cursor === undefined ? {} : { cursor: asked.cursor }) }
    const { items, nextCursor } = await store.verifications(filter, page)
    const lines = await linesOf(store, items)
    if (json) output.print(safeJson({ items: lines.map(viewLine), next_cursor: nextCursor }))
    else if (lines.length === 0 && output.isTerminal) output.tell("nothing was rerun yet\nnext: spore verify ID")
    else {
      printTable(output, columns(output), lines)
      if (nextCursor !== null)
        output.tell(`only the first ${asked.limit} are shown\nnext: --limit, or --json and --cursor`)
    }
  } finally {
    await store.close()
  }
}

async function linesOf(store: Store, reruns: readonly RerunRow[]): Promise<Line[]> {
  const experiments = new Map<string, ExperimentRow | undefined>()
  const lines: Line[] = []
  for (const rerun of reruns) {
    const { experiment: id } = rerun
    if (!experiments.has(id)) experiments.set(id, await store.experiment(id))
    const experiment = experiments.get(id)
    if (experiment === undefined) continue
    lines.push({ rerun, experiment, noVote: whyNoVote(rerun, experiment), log: await logOf(store, rerun) })
  }
  return lines
}

async function logOf(store: Store, { id }: RerunRow): Promise<string | null> {
  const record = await store.get(id)
  const isRerun = record !== undefined && (isKind(record, "verification") || isKind(record, "challenge_response"))
  return isRerun ? (record.body.log?.toString() ?? null) : null
}

function columns(output: Output): Column<Line>[] {
  const isNarrow = output.size().columns < ROOM.all
  const now = Date.now() / 1000
  return [
    {
      key: "created",
      value: ({ rerun }) => rerun.created,
      show: ({ rerun }) => (isNarrow ? formatAgo(now - rerun.created) : formatTime(rerun.created)),
    },
    { key: "id", value: ({ rerun }) => rerun.id, show: ({ rerun }) => shortId(rerun.id) },
    { key: "kind", value: ({ rerun }) => rerun.kind, programsOnly: true },
    { key: "task", value: ({ rerun }) => rerun.task, programsOnly: true },
    {
      key: "experiment",
      value: ({ experiment }) => experiment.id,
      show: ({ experiment }) => shortId(experiment.id),
    },
    { key: "title", value: ({ experiment }) => experiment.title, flexible: true, from: ROOM.all },
    { key: "node", value: ({ rerun }) => rerun.author, show: ({ rerun }) => shortNode(rerun.author) },
    { key: "class", value: ({ rerun }) => rerun.class, programsOnly: true },
    { key: "outcome", value: ({ rerun }) => rerun.outcome, programsOnly: true },
    { key: "rerun", value: ({ rerun }) => rerun.value, show: ({ rerun }) => resultOf(rerun), align: "right" },
    {
      key: "claim",
      value: ({ experiment }) => experiment.claim,
      show: ({ experiment }) => formatValue(experiment.claim, 0),
      align: "right",
    },
    { key: "vote", value: ({ noVote }) => noVote ?? "yes" },
    {
      key: "state",
      value: ({ experiment }) => experiment.verdict,
      show: ({ experiment }) => wordsOf(experiment),
      from: ROOM.state,
    },
    { key: "log", value: ({ log }) => log, programsOnly: true },
  ]
}

function resultOf({ outcome, value }: RerunRow): string {
  return outcome === "ok" ? formatValue(value, 0) : outcome
}

function viewLine({ rerun, experiment, noVote, log }: Line): object {
  const { title, claim, verdict, reproducedBy, voters } = experiment
  return {
    ...viewRerun(rerun),
    task: rerun.task,
    title,
    claim,
    verdict,
    reproduced_by: reproducedBy,
    voters,
    no_vote: noVote,
    log,
  }
}
