import type {
  Experiment,
  ExperimentsQuery,
  FactKind,
  Improvement,
  Metric,
  NodeSummary,
  Page,
  Task,
  TaskFact,
} from "@spore/api/client"
import { client } from "../../api.ts"
import type { Cell, Table } from "../../lib/download.ts"

/** Rows that a request for a file asks for: as many as the API gives. */
const PAGE = 500

type Columns<Row> = readonly { readonly name: string; readonly value: (row: Row) => Cell }[]

const EXPERIMENT: Columns<Experiment> = [
  { name: "id", value: ({ id }) => id },
  { name: "title", value: ({ title }) => title },
  { name: "value", value: ({ value }) => value },
  { name: "error", value: ({ error }) => error },
  { name: "claim", value: ({ claim }) => claim },
  { name: "outcome", value: ({ outcome }) => outcome },
  { name: "status", value: ({ status }) => status },
  { name: "promoted", value: ({ promoted }) => promoted },
  { name: "frontier", value: ({ frontier }) => frontier },
  { name: "candidate", value: ({ candidate }) => candidate },
  { name: "verdict", value: ({ verdict }) => verdict },
  { name: "reproduced_by", value: ({ reproduced_by }) => reproduced_by },
  { name: "voters", value: ({ voters }) => voters },
  { name: "class", value: (row) => row.class },
  { name: "parent", value: ({ parent }) => parent },
  { name: "keep_ancestor", value: ({ keep_ancestor }) => keep_ancestor },
  { name: "code", value: ({ code }) => code },
  { name: "node", value: ({ node }) => node },
  { name: "node_name", value: ({ node_name }) => node_name },
  { name: "agent", value: ({ agent }) => agent },
  { name: "seconds", value: ({ seconds }) => seconds },
  { name: "created", value: ({ created }) => isoTime(created) },
]

/** The experiments that a query lists. */
export function experimentsTable(
  task: { name: string; metric: Pick<Metric, "name"> },
  query: ExperimentsQuery,
): Table<Experiment> {
  const { class: hardwareClass, status, verdict, node } = query
  const filters = [status, verdict, node].filter((value) => value !== undefined)
  return {
    name: [task.name, hardwareClass ?? "", ...filters],
    columns: EXPERIMENT,
    page: (cursor, signal) => client.experiments({ ...query, cursor, limit: PAGE }, signal),
  }
}

/** A list that is here as a whole already. */
export function experimentList(name: readonly string[], items: readonly Experiment[]): Table<Experiment> {
  return { name, columns: EXPERIMENT, page: () => whole(items) }
}

export function improvementsTable(name: readonly string[], items: readonly Improvement[]): Table<Improvement> {
  const columns: Columns<Improvement> = [
    { name: "gain", value: ({ gain }) => gain },
    { name: "over", value: ({ over }) => over.id },
    { name: "over_title", value: ({ over }) => over.title },
    { name: "over_value", value: ({ over }) => over.value },
    ...EXPERIMENT.map(({ name: column, value }) => ({
      name: column,
      value: (row: Improvement) => value(row.experiment),
    })),
  ]
  return { name: [...name, "improvements"], columns, page: () => whole(items) }
}

export function factsTable({ id, name }: Pick<Task, "id" | "name">, kind: FactKind | undefined): Table<TaskFact> {
  return {
    name: [name, "activity", kind ?? ""],
    columns: [
      { name: "created", value: ({ created }) => isoTime(created) },
      { name: "kind", value: (fact) => fact.kind },
      { name: "id", value: (fact) => fact.id },
      { name: "experiment", value: ({ experiment }) => experiment },
      { name: "title", value: ({ title }) => title },
      { name: "outcome", value: ({ outcome }) => outcome },
      { name: "value", value: ({ value }) => value },
      { name: "claim", value: ({ subject }) => subject?.claim },
      { name: "node", value: ({ node }) => node },
      { name: "node_name", value: ({ node_name }) => node_name },
    ],
    page: (cursor, signal) =>
      client.taskFacts(id, { cursor, limit: PAGE, ...(kind === undefined ? {} : { kind }) }, signal),
  }
}

export function nodesTable({ id, name }: Pick<Task, "id" | "name">): Table<NodeSummary> {
  return {
    name: [name, "nodes"],
    columns: [
      { name: "node", value: (node) => node.id },
      { name: "node_name", value: (node) => node.name },
      { name: "experiments", value: ({ experiments }) => experiments },
      { name: "kept", value: ({ kept }) => kept },
      { name: "reruns", value: ({ verifications }) => verifications },
      { name: "last_activity", value: ({ last_activity }) => (last_activity === null ? null : isoTime(last_activity)) },
    ],
    page: (cursor, signal) => client.taskNodes(id, { cursor, limit: PAGE }, signal),
  }
}

function whole<Row>(items: readonly Row[]): Promise<Page<Row>> {
  return Promise.resolve({ items: [...items], next_cursor: null })
}

/** Empty for a time that no calendar has. */
function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? "" : date.toISOString()
}
