import { type AnyRecord, hardwareClass, mean, nodeIdOf, type TaskBody } from "@spore/records"
import type { Insertable, Transaction } from "kysely"
import type { ExperimentsTable, RerunsTable, Tables } from "../database/schema.ts"

/** Writes the graph rows of a stored fact; what is derived of them follows by `rederive`. */
export async function projectFact(
  tx: Transaction<Tables>,
  record: AnyRecord,
  seq: number,
  task: TaskBody | undefined,
  experiment: string | null,
): Promise<void> {
  switch (record.kind) {
    case "experiment":
      if (task !== undefined)
        await tx
          .insertInto("experiments")
          .values(await experimentRow(tx, record, seq, task))
          .execute()
      return
    case "verification":
    case "challenge_response":
      if (task !== undefined)
        await tx
          .insertInto("reruns")
          .values(rerunRow(record, seq, task))
          .execute()
      return
    case "challenge":
    case "dispute":
      await tx
        .insertInto("controls")
        .values({
          id: record.id,
          seq,
          kind: record.kind,
          experiment: experiment ?? "",
          task: record.body.task.toString(),
          author: nodeIdOf(record.body.author),
          created: record.body.created,
          evidence: JSON.stringify(record.body.evidence.map(String)),
          outcome: record.kind === "dispute" ? record.body.outcome : null,
        })
        .execute()
      return
    case "task":
    case "profile":
    case "claim":
  }
}

async function experimentRow(
  tx: Transaction<Tables>,
  { id, body }: Extract<AnyRecord, { kind: "experiment" }>,
  seq: number,
  task: TaskBody,
): Promise<Insertable<ExperimentsTable>> {
  const parent = body.parent?.toString() ?? null
  const above =
    parent === null
      ? undefined
      : await tx.selectFrom("experiments").select("depth").where("id", "=", parent).executeTakeFirst()
  return {
    id,
    seq,
    task: body.task.toString(),
    parent,
    code: body.code.toString(),
    author: nodeIdOf(body.author),
    created: body.created,
    class: hardwareClass(body.env, task.classKeys),
    outcome: body.run.outcome,
    scores: JSON.stringify(body.run.scores),
    claim: meanOrNull(body.run.scores),
    depth: above === undefined ? 0 : above.depth + 1,
    title: body.proposal.title,
    agent: body.proposal.agent,
    seconds: body.run.seconds,
    value: null,
    status: "unranked",
    verdict: "unverified",
    explanation: "",
    reproduced_by: 0,
    voters: 0,
    keep_ancestor: null,
    candidate: 0,
    frontier: 0,
    promoted: 0,
  }
}

function rerunRow(
  { id, kind, body }: Extract<AnyRecord, { kind: "verification" | "challenge_response" }>,
  seq: number,
  task: TaskBody,
): Insertable<RerunsTable> {
  return {
    id,
    seq,
    kind,
    experiment: body.experiment.toString(),
    task: body.task.toString(),
    author: nodeIdOf(body.author),
    created: body.created,
    class: hardwareClass(body.env, task.classKeys),
    outcome: body.run.outcome,
    scores: JSON.stringify(body.run.scores),
    replicates: JSON.stringify(body.run.replicates),
    value: meanOrNull(body.run.scores),
  }
}

function meanOrNull(scores: readonly number[]): number | null {
  return scores.length === 0 ? null : mean(scores)
}
