/**
 * Rows of the store and states of the node as the API's JSON; the command line prints the same.
 *
 * @packageDocumentation
 */
import type { AuthorRow, ControlRow, ExperimentRow, RerunRow, Standing as StandingRow, TaskRow } from "@spore/dag"
import type { Activity as ActivityRow, Peer as PeerRow, NodeStatus as StatusRow } from "@spore/node"
import { type TaskBody, toHex } from "@spore/records"
import type {
  Activity,
  Control,
  Experiment,
  Metric,
  NodeStatus,
  NodeSummary,
  Peer,
  Rerun,
  Standing,
  Task,
  TaskDetail,
} from "./dto/index.ts"

export function viewMetric({ metric }: TaskBody): Metric {
  return { name: metric.name, goal: metric.goal, unit: metric.unit, min_effect: metric.minEffect }
}

export function viewExperiment(row: ExperimentRow): Experiment {
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

export function viewRerun(row: RerunRow): Rerun {
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    experiment: row.experiment,
    node: row.author,
    created: row.created,
    class: row.class,
    outcome: row.outcome,
    value: row.value,
    replicates: [...row.replicates],
    scores: [...row.scores],
    eligible: row.eligible,
  }
}

export function viewControl(row: ControlRow): Control {
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    experiment: row.experiment,
    node: row.author,
    created: row.created,
    evidence: [...row.evidence],
    outcome: row.outcome,
  }
}

export function viewStanding(row: StandingRow): Standing {
  return {
    class: row.class,
    experiments: row.experiments,
    nodes: row.authors,
    best: row.best === null ? null : viewExperiment(row.best),
    best_verified: row.bestVerified,
    baseline: row.baseline,
    candidates: row.candidates,
    frontier: row.frontier,
  }
}

export function viewTask(row: TaskRow, followed: string | null): Task {
  const { body } = row
  return {
    id: row.id,
    name: body.name,
    type: body.type,
    artifact: body.artifact,
    node: row.author,
    created: body.created,
    metric: viewMetric(body),
    replay_mode: body.replay.mode,
    experiments: row.experiments,
    kept: row.kept,
    nodes: row.authors,
    last_activity: row.lastActivity,
    followed: row.id === followed,
    standings: row.standings.map(viewStanding),
  }
}

export function viewTaskDetail(row: TaskRow, followed: string | null): TaskDetail {
  const { body } = row
  return {
    ...viewTask(row, followed),
    description: body.description,
    replay: {
      mode: body.replay.mode,
      abs_tol: body.replay.absTol,
      rel_tol: body.replay.relTol,
      replicates: body.replay.replicates,
      max_noise: body.replay.maxNoise,
      seeds: body.replay.seeds,
    },
    budget: { type: body.budget.type, value: body.budget.value, kill_seconds: body.budget.killSeconds },
    class_keys: body.classKeys,
    requires: body.requires,
    datasets: body.datasets.map((dataset) =>
      "link" in dataset
        ? { name: dataset.name, link: dataset.link.toString(), url: null, sha256: null }
        : { name: dataset.name, link: null, url: dataset.url, sha256: toHex(dataset.sha256) },
    ),
    bundle: body.bundle.toString(),
    baseline_code: body.baseline.toString(),
    supersedes: body.supersedes?.toString() ?? null,
  }
}

export function viewPeer(row: PeerRow): Peer {
  return {
    node: row.nodeId,
    address: row.address,
    direction: row.direction,
    connected_at: row.connectedAt / 1000,
  }
}

export function viewActivity(row: ActivityRow | null): Activity | null {
  if (row === null) return null
  return {
    kind: row.kind,
    task: row.task,
    task_name: row.taskName,
    title: row.title,
    experiment: row.experiment,
    started_at: row.startedAt / 1000,
    progress:
      row.progress === null
        ? null
        : {
            fraction: row.progress.fraction,
            loss: row.progress.loss,
            remaining_seconds: row.progress.remainingSeconds,
          },
  }
}

/** The data folder is left out: it names the keeper's account, and an API may be open to the network. */
export function viewStatus(row: StatusRow): NodeStatus {
  return {
    node: row.nodeId,
    version: row.version,
    mode: row.mode,
    started_at: row.startedAt / 1000,
    addresses: [...row.addresses],
    peers: row.peers.map(viewPeer),
    task: row.task,
    hardware_class: row.hardwareClass,
    sandbox: { ...row.sandbox },
    activity: viewActivity(row.activity),
    verify_queue: row.verifyQueue,
    seq: row.seq,
    notices: row.notices.map(({ code, message, next }) => ({ code, message, next })),
  }
}

export function viewNode(row: AuthorRow, status: StatusRow): NodeSummary {
  return {
    id: row.nodeId,
    experiments: row.experiments,
    kept: row.kept,
    verifications: row.verifications,
    last_activity: row.lastActivity,
    self: row.nodeId === status.nodeId,
    connected: status.peers.some((peer) => peer.nodeId === row.nodeId),
  }
}
