import { type AnyRecord, hardwareClass, nodeIdOf, type SporeRecord, type TaskBody } from "@spore/records"
import { type Derived, deriveTask, type ReferenceVerdicts, type TaskFacts } from "./reference-derivation.ts"

/** What the reference derives of each experiment among `facts`, by id. */
export function referenceRows(facts: readonly AnyRecord[], verdicts: ReferenceVerdicts): Map<string, Derived> {
  const rows = new Map<string, Derived>()
  for (const task of facts) {
    if (task.kind !== "task") continue
    for (const [id, derived] of deriveTask(factsOf(task, facts), verdicts)) rows.set(id, derived)
  }
  return rows
}

/** The same columns of a stored row. */
export function derivedOf(row: Derived): Derived {
  const { value, status, verdict, explanation, reproducedBy, voters, error, noise } = row
  const { keepAncestor, candidate, frontier, promoted } = row
  const judged = { value, status, verdict, explanation, reproducedBy, voters, error, noise }
  return { ...judged, keepAncestor, candidate, frontier, promoted }
}

/** The facts of one task as the reference reads them. */
export function factsOf({ id, body }: SporeRecord<"task">, facts: readonly AnyRecord[]): TaskFacts {
  const experiments: TaskFacts["experiments"][number][] = []
  const reruns: TaskFacts["reruns"][number][] = []
  const challenges: TaskFacts["challenges"][number][] = []
  for (const fact of facts) {
    if (!("task" in fact.body) || fact.body.task.toString() !== id) continue
    const author = nodeIdOf(fact.body.author)
    if (fact.kind === "experiment") {
      const { parent, code, created, run } = fact.body
      experiments.push({
        id: fact.id,
        parent: parent?.toString() ?? null,
        code: code.toString(),
        author,
        created,
        ...measured(fact, body),
        scores: run.scores,
      })
    } else if (fact.kind === "verification" || fact.kind === "challenge_response") {
      const { experiment, run } = fact.body
      const { scores, replicates } = run
      const about = experiment.toString()
      reruns.push({
        id: fact.id,
        kind: fact.kind,
        experiment: about,
        author,
        ...measured(fact, body),
        scores,
        replicates,
      })
    } else if (fact.kind === "challenge") {
      const { experiment, evidence } = fact.body
      challenges.push({ id: fact.id, key: author, experiment: experiment.toString(), evidence: evidence.map(String) })
    }
  }
  return { task: body, experiments, reruns, challenges }
}

function measured(
  { body }: SporeRecord<"experiment"> | SporeRecord<"verification"> | SporeRecord<"challenge_response">,
  { classKeys }: TaskBody,
): { class: string; outcome: typeof body.run.outcome } {
  return { class: hardwareClass(body.env, classKeys), outcome: body.run.outcome }
}
