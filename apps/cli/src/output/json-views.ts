import type { ControlRow, ExperimentRow, RerunRow, Standing, TaskRow } from "@spore/dag"

/** An experiment in the words of the HTTP API. */
export function experimentJson(row: ExperimentRow): object {
  return {
    seq: row.seq,
    id: row.id,
    task: row.task,
    parent: row.parent,
    code: row.code,
    node: row.author,
    created: row.created,
    class: row.class,
    outcome: row.outcome,
    claim: row.claim,
    value: row.value,
    status: row.status,
    verdict: row.verdict,
    explanation: row.explanation,
    reproduced_by: row.reproducedBy,
    voters: row.voters,
    depth: row.depth,
    keep_ancestor: row.keepAncestor,
    candidate: row.candidate,
    frontier: row.frontier,
    title: row.title,
    agent: row.agent,
    seconds: row.seconds,
  }
}

export function rerunJson(row: RerunRow): object {
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    experiment: row.experiment,
    task: row.task,
    node: row.author,
    created: row.created,
    class: row.class,
    outcome: row.outcome,
    value: row.value,
    replicates: row.replicates,
    scores: row.scores,
    eligible: row.eligible,
  }
}

export function controlJson(row: ControlRow): object {
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    experiment: row.experiment,
    task: row.task,
    node: row.author,
    created: row.created,
    evidence: row.evidence,
    outcome: row.outcome,
  }
}

export function standingJson(standing: Standing): object {
  return {
    class: standing.class,
    experiments: standing.experiments,
    nodes: standing.authors,
    best: standing.best === null ? null : experimentJson(standing.best),
    best_verified: standing.bestVerified,
    baseline: standing.baseline,
    candidates: standing.candidates,
    frontier: standing.frontier,
  }
}

/** A task as lists show it. `followed` is the id of the one this node works on. */
export function taskJson(row: TaskRow, followed: string | null): object {
  const { body } = row
  return {
    id: row.id,
    name: body.name,
    type: body.type,
    artifact: body.artifact,
    node: row.author,
    created: body.created,
    metric: {
      name: body.metric.name,
      goal: body.metric.goal,
      unit: body.metric.unit,
      min_effect: body.metric.minEffect,
    },
    replay_mode: body.replay.mode,
    experiments: row.experiments,
    kept: row.kept,
    nodes: row.authors,
    last_activity: row.lastActivity,
    followed: row.id === followed,
    standings: row.standings.map(standingJson),
  }
}
