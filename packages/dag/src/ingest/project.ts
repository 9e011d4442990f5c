import { type GraphExperiment, type GraphRow, mean, type TaskTerms } from "@spore/records"
import { storableText } from "../database/dialect.ts"
import { insertObjects } from "../database/insert-rows.ts"
import type { ControlsTable, ExperimentColumns, ProfilesTable, RerunsTable } from "../database/schema.ts"
import type { SearchText } from "../database/search-index.ts"
import { createWorkingGraph, type WorkingGraph } from "../derive/graph.ts"
import type { GraphNode } from "../derive/node.ts"
import { rankTask } from "../derive/rank.ts"
import type { StateMember } from "../derive/state-facts.ts"
import { codeKey, judgeClass } from "../derive/states.ts"
import type { Verdicts } from "../verdicts.ts"
import type { Accepted, FoundFact } from "./facts.ts"
import { lineParent } from "./line.ts"
import { authorKeys, classKey, type KnownTask, type Session } from "./session.ts"
import { createTally } from "./tally.ts"
import { saveNodes } from "./save.ts"

/** The class of experiments whose payload is withheld: no environment normalises to it. */
export const WITHHELD_CLASS = "?"

/** What of one class a batch touches. */
interface ClassWork {
  readonly name: string
  readonly members: StateMember[]
  readonly rerun: Set<number>
}

/**
 * Writes the graph rows of facts and derives what follows. `accepted` comes ancestors first; `found` has what they
 * link to; their tasks and authors are known.
 */
export async function projectFacts(
  session: Session,
  accepted: readonly Accepted[],
  found: ReadonlyMap<string, FoundFact>,
  verdicts: Verdicts,
): Promise<void> {
  const { tx, dialect } = session
  const graph = createWorkingGraph(tx, dialect)
  const authors = await authorKeys(
    session,
    accepted.map(({ head }) => head.author),
  )
  const tally = createTally()
  const work = new Map<KnownTask, Map<number, ClassWork>>()
  const touch = (task: KnownTask, key: number, name: string): ClassWork => {
    const classes = work.get(task) ?? new Map<number, ClassWork>()
    work.set(task, classes)
    const entry = classes.get(key) ?? { name, members: [], rerun: new Set<number>() }
    classes.set(key, entry)
    return entry
  }
  const reruns: RerunsTable[] = []
  const controls: ControlsTable[] = []
  const profiles: ProfilesTable[] = []
  const texts: SearchText[] = []

  await graph.load(accepted.flatMap(({ rows }) => rows.map((row) => linkedSeq(row, found))))
  for (const fact of accepted) {
    const { seq, object, head, withheld } = fact
    const author = authors.get(head.author) ?? 0
    const task = fact.task === null ? undefined : session.known.tasks.get(fact.task)
    const base = { seq, id: object.id, author, created: head.created }
    if (task !== undefined) tally.fact(task.key, author, head.created)
    for (const row of fact.rows) {
      switch (row.table) {
        case "task":
          if (row.standing === 2 && withheld === null)
            texts.push({ seq, text: `${row.info.name} ${row.info.description}` })
          break
        case "experiment": {
          if (task === undefined) break
          const name = withheld === null ? row.class : WITHHELD_CLASS
          const key = await classKey(session, task.key, name)
          const columns = await experimentColumns(session, graph, base, row, { task: task.key, class: key, found })
          graph.add(withheld === null ? columns : { ...columns, ...UNSAID })
          const entry = touch(task, key, name)
          if (withheld !== null) break
          entry.members.push(memberOf(columns, head.author, row.scores))
          texts.push({ seq, text: `${row.title} ${row.hypothesis} ${row.agent}` })
          break
        }
        case "rerun": {
          const target = await targetOf(graph, row.experiment, found)
          if (task === undefined || target === undefined || withheld !== null) break
          const key = await classKey(session, task.key, row.class)
          reruns.push({ ...base, ...rerunColumns(row), task: task.key, experiment: target.seq, class: key })
          tally.rerun(task.key, key, author)
          // Only the same class judges.
          if (key === target.class) touch(task, key, row.class).rerun.add(target.seq)
          break
        }
        case "control": {
          const target = await targetOf(graph, row.experiment, found)
          if (task === undefined || target === undefined || withheld !== null) break
          const { kind, evidence, outcome } = row
          const columns = { kind, task: task.key, experiment: target.seq, evidence: JSON.stringify(evidence), outcome }
          controls.push({ ...base, ...columns })
          if (kind === "challenge")
            touch(task, target.class, await className(session, target.class)).rerun.add(target.seq)
          break
        }
        case "profile":
          if (withheld === null) {
            profiles.push(profileColumns(base, row))
            texts.push({ seq, text: `${row.displayName} ${row.bio}` })
          }
          break
      }
    }
  }

  await insertObjects(tx, dialect, "reruns", reruns)
  await insertObjects(tx, dialect, "controls", controls)
  await keepNewest(session, profiles)
  await dialect.search.add(tx, texts)

  const latest = session.next.fact - 1
  for (const [{ key, info }, classes] of work) {
    const visited = await deriveTask(session, graph, info.terms, classes, verdicts)
    tally.nodes(key, visited)
  }
  await saveNodes(session, graph, latest)
  await tally.save(session)
}

/** Judges what a batch touched of a task, then ranks what follows. */
async function deriveTask(
  session: Session,
  graph: WorkingGraph,
  terms: TaskTerms,
  classes: ReadonlyMap<number, ClassWork>,
  verdicts: Verdicts,
): Promise<Set<GraphNode>> {
  const dirty = new Set<GraphNode>()
  for (const [key, { name, members, rerun }] of classes) {
    for (const node of graph.nodes.values()) if (node.class === key && node.stored === null) dirty.add(node)
    if (members.length === 0 && rerun.size === 0) continue
    const touched = { terms, className: name, class: key, added: members, rerun }
    for (const node of await judgeClass({ session, graph, verdicts }, touched)) dirty.add(node)
  }
  return rankTask(graph, terms, verdicts, dirty)
}

/** What a withheld experiment keeps of its columns: nothing that it measured or said. */
const UNSAID = {
  outcome: "crash",
  scores: "[]",
  claim: null,
  claimed_status: "withheld",
  title: "",
  agent: "",
  seconds: 0,
} as const

/** The stored experiment that a row hangs on. */
function linkedSeq(row: GraphRow, found: ReadonlyMap<string, FoundFact>): number | null {
  if (row.table === "experiment") return row.parent === null ? null : (found.get(row.parent)?.seq ?? null)
  if (row.table === "rerun" || row.table === "control") return found.get(row.experiment)?.seq ?? null
  return null
}

async function targetOf(
  graph: WorkingGraph,
  experiment: string,
  found: ReadonlyMap<string, FoundFact>,
): Promise<GraphNode | undefined> {
  const seq = found.get(experiment)?.seq
  return seq === undefined ? undefined : graph.get(seq)
}

async function className({ tx }: Session, key: number): Promise<string> {
  return (await tx.selectFrom("classes").select("name").where("key", "=", key).executeTakeFirstOrThrow()).name
}

interface Base {
  readonly seq: number
  readonly id: string
  readonly author: number
  readonly created: number
}

interface Place {
  readonly task: number
  readonly class: number
  readonly found: ReadonlyMap<string, FoundFact>
}

async function experimentColumns(
  session: Session,
  graph: WorkingGraph,
  base: Base,
  row: GraphExperiment,
  place: Place,
): Promise<ExperimentColumns> {
  const parentSeq = row.parent === null ? undefined : place.found.get(row.parent)?.seq
  const parent = parentSeq === undefined ? undefined : await graph.get(parentSeq)
  return {
    ...base,
    task: place.task,
    class: place.class,
    parent: parent?.seq ?? null,
    missing_parent: parent === undefined ? row.parent : null,
    line_parent: parent === undefined ? null : await lineParent(session, graph, parent, row, place),
    depth: parent === undefined ? 0 : parent.depth + 1,
    code: row.code,
    code_key: codeKey(row.code),
    outcome: row.outcome,
    scores: JSON.stringify(row.scores),
    claim: meanOrNull(row.scores),
    claimed_status: row.claimedStatus,
    title: storableText(row.title),
    agent: storableText(row.agent),
    seconds: row.seconds,
  }
}

function memberOf(columns: ExperimentColumns, author: string, scores: readonly number[]): StateMember {
  const { seq, id, code, outcome, depth } = columns
  return { seq, id, code, author, outcome, scores, isRoot: depth === 0 }
}

function rerunColumns(
  row: Extract<GraphRow, { table: "rerun" }>,
): Pick<RerunsTable, "kind" | "outcome" | "scores" | "replicates" | "value"> {
  const { kind, outcome, scores, replicates } = row
  return {
    kind,
    outcome,
    scores: JSON.stringify(scores),
    replicates: JSON.stringify(replicates),
    value: meanOrNull(scores),
  }
}

function profileColumns(base: Base, row: Extract<GraphRow, { table: "profile" }>): ProfilesTable {
  return {
    ...base,
    display_name: storableText(row.displayName),
    bio: storableText(row.bio),
    website: storableText(row.website),
    avatar_url: storableText(row.avatarUrl),
    donation_address: storableText(row.donationAddress),
  }
}

/** The newest profile of a key counts; of equally old ones the lowest id. */
async function keepNewest({ tx }: Session, profiles: readonly ProfilesTable[]): Promise<void> {
  for (const profile of profiles) {
    const { author: _, ...columns } = profile
    await tx
      .insertInto("profiles")
      .values(profile)
      .onConflict((conflict) =>
        conflict
          .column("author")
          .doUpdateSet(columns)
          .where((e) =>
            e.or([
              e("profiles.created", "<", profile.created),
              e.and([e("profiles.created", "=", profile.created), e("profiles.id", ">", profile.id)]),
            ]),
          ),
      )
      .execute()
  }
}

/** Null also where the sum of the scores is too large for a number. */
function meanOrNull(scores: readonly number[]): number | null {
  const value = mean(scores)
  return Number.isFinite(value) ? value : null
}
