import type { SearchHit } from "@spore/dag"
import { viewExperiment } from "@spore/api/views"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatMeasured } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"
import { wordsOf } from "../output/verdict.ts"
import { chooseTask } from "../task-choice.ts"

const optionsSchema = z.object({
  task: z.string().optional(),
  limit: z.number().default(50),
  cursor: z.string().optional(),
})

/** Lists experiments, tasks and profiles in whose text all words occur, newest first. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { task: asked, limit, cursor } = optionsSchema.parse(options)
  const store = await openFacts(dataDir)
  try {
    const task = asked === undefined ? undefined : chooseTask(await store.tasks(), asked).id
    const page = { limit, ...(cursor === undefined ? {} : { cursor }) }
    const { items, nextCursor } = await store.search(args.join(" "), task === undefined ? {} : { task }, page)
    if (json) output.print(safeJson({ items: items.map(viewHit), next_cursor: nextCursor }))
    else {
      printTable(output, COLUMNS, items)
      if (nextCursor !== null) output.tell(`only the first ${limit} are shown\nnext: give more words, or --limit`)
    }
  } finally {
    await store.close()
  }
}

const COLUMNS: readonly Column<SearchHit>[] = [
  { key: "kind", value: ({ kind }) => kind },
  { key: "id", value: idOf, show: (hit) => (hit.kind === "profile" ? shortNode(idOf(hit)) : shortId(idOf(hit))) },
  { key: "value", value: valueOf, show: shownValue, align: "right" },
  {
    key: "state",
    value: (hit) => (hit.kind === "experiment" ? hit.experiment.verdict : null),
    show: (hit) => (hit.kind === "experiment" ? wordsOf(hit.experiment) : "–"),
  },
  { key: "title", value: titleOf, flexible: true },
  { key: "node", value: nodeOf, show: (hit) => shortNode(nodeOf(hit) ?? "–") },
]

/** What other commands take: a profile goes by its node. */
function idOf(hit: SearchHit): string {
  if (hit.kind === "experiment") return hit.experiment.id
  return hit.kind === "task" ? hit.id : hit.profile.nodeId
}

function valueOf(hit: SearchHit): number | null {
  return hit.kind === "experiment" ? hit.experiment.value : null
}

function shownValue(hit: SearchHit): string {
  return hit.kind === "experiment" ? formatMeasured(hit.experiment.value, hit.experiment.error, 0) : "–"
}

function titleOf(hit: SearchHit): string {
  if (hit.kind === "experiment") return hit.experiment.title
  return hit.kind === "task" ? hit.name : hit.profile.displayName
}

function nodeOf(hit: SearchHit): string | null {
  if (hit.kind === "experiment") return hit.experiment.author
  return hit.kind === "profile" ? hit.profile.nodeId : null
}

function viewHit(hit: SearchHit): object {
  if (hit.kind === "experiment") return { kind: "experiment", ...viewExperiment(hit.experiment) }
  if (hit.kind === "task") return hit
  const { nodeId, displayName, bio, website } = hit.profile
  return { kind: "profile", node: nodeId, display_name: displayName, bio, website }
}
