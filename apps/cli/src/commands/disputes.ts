import { viewExperiment } from "@spore/api/views"
import type { ControlRow, EvidenceFilter, Store } from "@spore/dag"
import type { Context, Invocation, Output } from "../context.ts"
import { type Case, readCase } from "../evidence/case.ts"
import { evidenceFilter, listOptions } from "../evidence/filter.ts"
import { evidenceFields, stateFields, viewEvidence } from "../evidence/words.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId } from "../ids.ts"
import { plain, safeJson } from "../output/plain.ts"
import { type Column, printFields, printTable } from "../output/table.ts"
import { classWord } from "../output/task-tables.ts"
import { wrap } from "../output/text-width.ts"

/** Lists contested claims: what was challenged, on what evidence, what was answered, and how it stands. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const asked = listOptions.parse(options)
  const store = await openFacts(dataDir)
  try {
    const filter = await evidenceFilter(dataDir, store, args[0], asked)
    const { cases, nextCursor } = await contested(store, filter, asked.limit, asked.cursor)
    if (json) output.print(safeJson({ items: cases.map(viewCase), next_cursor: nextCursor }))
    else if (!output.isTerminal) printTable(output, COLUMNS, cases.flatMap(linesOf))
    else if (cases.length === 0) output.tell("no claim was challenged here")
    else for (const known of cases) printCase(output, known)
    if (nextCursor !== null && !json) {
      output.tell(`only the first ${asked.limit} are shown\nnext: --limit, or --json and --cursor`)
    }
  } finally {
    await store.close()
  }
}

/** Up to `limit` claims, that with the newest challenge or dispute first; each is listed once over all pages. */
async function contested(
  store: Store,
  filter: EvidenceFilter,
  limit: number,
  from: string | undefined,
): Promise<{ cases: Case[]; nextCursor: string | null }> {
  const cases: Case[] = []
  /** Id of the newest challenge or dispute by experiment: whoever makes keys can make many about one. */
  const newest = new Map<string, string | undefined>()
  let cursor: string | null | undefined = from
  while (cursor !== null && cases.length < limit) {
    const rest = limit - cases.length
    const page = await store.disputes(filter, { limit: rest, ...(cursor === undefined ? {} : { cursor }) })
    for (const control of page.items) {
      const { experiment } = control
      if (!newest.has(experiment)) newest.set(experiment, (await store.controls(experiment)).at(-1)?.id)
      const row = newest.get(experiment) === control.id ? await store.experiment(experiment) : undefined
      if (row !== undefined) cases.push(await readCase(store, row))
    }
    cursor = page.nextCursor
  }
  return { cases, nextCursor: cursor ?? null }
}

function printCase(output: Output, known: Case): void {
  const { row, task } = known
  const place = task === undefined ? shortId(row.task) : task.name
  const heading = plain(`${shortId(row.id)} ${row.title} · ${place} · ${classWord(row)}`)
  for (const line of wrap(heading, output.size().columns)) output.print(output.colours.bold(line))
  printFields(output, [...stateFields(known), ...evidenceFields(known)])
  output.print("")
}

/** A challenge or dispute for programs. */
interface Line {
  readonly known: Case
  readonly control: ControlRow
  /** Null for a dispute. */
  readonly acts: boolean | null
}

function linesOf(known: Case): Line[] {
  return [
    ...known.challenges.map(({ control, acts }) => ({ known, control, acts })),
    ...known.remarks.map((control) => ({ known, control, acts: null })),
  ]
}

const COLUMNS: readonly Column<Line>[] = [
  { key: "experiment", value: ({ known }) => known.row.id },
  { key: "task", value: ({ known }) => known.row.task },
  { key: "state", value: ({ known }) => known.row.verdict },
  { key: "reproduced_by", value: ({ known }) => known.row.reproducedBy },
  { key: "voters", value: ({ known }) => known.row.voters },
  { key: "claim", value: ({ known }) => known.row.claim },
  { key: "value", value: ({ known }) => known.row.value },
  { key: "kind", value: ({ control }) => control.kind },
  { key: "id", value: ({ control }) => control.id },
  { key: "node", value: ({ control }) => control.author },
  { key: "created", value: ({ control }) => control.created },
  { key: "acts", value: ({ acts }) => acts },
  { key: "remark", value: ({ control }) => control.outcome },
  { key: "evidence", value: ({ control }) => control.evidence.join(" ") },
  { key: "title", value: ({ known }) => known.row.title },
]

function viewCase(known: Case): object {
  return { experiment: viewExperiment(known.row), ...viewEvidence(known) }
}
