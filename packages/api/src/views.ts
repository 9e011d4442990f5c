/**
 * Rows of the store and states of the node as the API's JSON; the command line prints the same.
 *
 * @packageDocumentation
 */
import type {
  AuthorRow,
  ControlRow,
  ExperimentRow,
  FrontierRow,
  ImprovementRow,
  ProfileRow,
  RerunRow,
  SearchHit as SearchRow,
  Standing as StandingRow,
  TaskRow,
} from "@spore/dag"
import type { Activity as ActivityRow, Peer as PeerRow, ResearchStatus as ResearchRow } from "@spore/node"
import { type TaskTerms, toHex } from "@spore/records"
import type { ServedStatus } from "./context.ts"
import type {
  Activity,
  Control,
  Experiment,
  FrontierEntry,
  Improvement,
  Metric,
  Network,
  NodeStatus,
  NodeSummary,
  Peer,
  Profile,
  Rerun,
  ResearchStatus,
  SearchHit,
  Spending,
  Standing,
  Task,
  TaskDetail,
  UpdateStatus,
} from "./dto/index.ts"

/** What nodes call themselves, by node id. */
export type Names = ReadonlyMap<string, string>

export * from "./number-words.ts"
export * from "./research-words.ts"
export { shortId } from "./short-id.ts"
export { signedFields } from "./signed-fields.ts"
export * from "./update-words.ts"
export { verdictWords } from "./verdict-words.ts"

/** The network that an object's id tells. */
export function networkOf(id: string): Network {
  return /^[0-9a-f]{64}$/.test(id) ? "sporemesh-0.6" : "spore"
}

export function viewMetric({ metric }: TaskTerms): Metric {
  return { name: metric.name, goal: metric.goal, unit: metric.unit, min_effect: metric.minEffect }
}

export function viewExperiment(row: ExperimentRow): Experiment {
  return {
    seq: row.seq,
    id: row.id,
    network: networkOf(row.id),
    task: row.task,
    parent: row.parent,
    code: row.code,
    node: row.author,
    node_name: row.authorName,
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
    error: row.error,
    noise: row.noise,
    depth: row.depth,
    keep_ancestor: row.keepAncestor,
    candidate: row.candidate,
    frontier: row.frontier,
    promoted: row.promoted,
    title: row.title,
    agent: row.agent,
    seconds: row.seconds,
  }
}

export function viewFrontierEntry(row: FrontierRow): FrontierEntry {
  return { ...viewExperiment(row), tied: row.tied }
}

export function viewRerun(row: RerunRow): Rerun {
  return {
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    experiment: row.experiment,
    task: row.task,
    node: row.author,
    node_name: row.authorName,
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
    task: row.task,
    node: row.author,
    node_name: row.authorName,
    created: row.created,
    evidence: [...row.evidence],
    outcome: row.outcome,
  }
}

export function viewImprovement({ experiment, over, gain }: ImprovementRow): Improvement {
  return { experiment: viewExperiment(experiment), over: { ...over }, gain }
}

export function viewStanding(row: StandingRow): Standing {
  return {
    class: row.class,
    experiments: row.experiments,
    nodes: row.authors,
    best: row.best === null ? null : viewExperiment(row.best),
    promoted: row.bestPromoted,
    baseline: row.baseline,
    candidates: row.candidates,
    frontier: row.frontier,
  }
}

export function viewTask(row: TaskRow, followed: string | null): Task {
  return {
    id: row.id,
    network: networkOf(row.id),
    name: row.name,
    type: row.type,
    artifact: row.artifact,
    node: row.author,
    node_name: row.authorName,
    created: row.created,
    metric: viewMetric(row.terms),
    replay_mode: row.terms.replay.mode,
    experiments: row.experiments,
    kept: row.kept,
    nodes: row.authors,
    last_activity: row.lastActivity,
    followed: row.id === followed,
    standings: row.standings.map(viewStanding),
    summary: summaryOf(row.description),
  }
}

const SUMMARY_LENGTH = 240

/** The first sentence of a text; where that is too long, its beginning. */
function summaryOf(text: string): string {
  const [sentence = ""] = text
    .slice(0, SUMMARY_LENGTH)
    .trimStart()
    .split(/(?<=[.!?])\s/, 1)
  return sentence.trim()
}

export function viewTaskDetail(row: TaskRow, followed: string | null): TaskDetail {
  const { body } = row
  const { replay, budget, classKeys } = row.terms
  return {
    ...viewTask(row, followed),
    description: row.description,
    replay: {
      mode: replay.mode,
      abs_tol: replay.absTol,
      rel_tol: replay.relTol,
      replicates: replay.replicates,
      max_noise: replay.maxNoise,
      seeds: replay.seeds,
    },
    budget: { type: budget.type, value: budget.value, kill_seconds: budget.killSeconds },
    class_keys: classKeys,
    requires: body?.requires ?? {},
    datasets: (body?.datasets ?? []).map((dataset) =>
      "link" in dataset
        ? { name: dataset.name, link: dataset.link.toString(), url: null, sha256: null }
        : { name: dataset.name, link: null, url: dataset.url, sha256: toHex(dataset.sha256) },
    ),
    bundle: body?.bundle.toString() ?? null,
    baseline_code: body?.baseline.toString() ?? null,
    supersedes: body?.supersedes?.toString() ?? null,
  }
}

export function viewProfile(row: ProfileRow): Profile {
  return {
    node: row.nodeId,
    display_name: row.displayName,
    bio: row.bio,
    website: row.website,
    avatar_url: row.avatarUrl,
    donation_address: row.donationAddress,
    created: row.created,
  }
}

/** @param tasks those of the experiments found, as far as they are here */
export function viewSearchHit(hit: SearchRow, tasks: ReadonlyMap<string, TaskRow>): SearchHit {
  switch (hit.kind) {
    case "experiment": {
      const task = tasks.get(hit.experiment.task)
      return {
        kind: "experiment",
        experiment: viewExperiment(hit.experiment),
        task_name: task?.name ?? null,
        metric: task === undefined ? null : viewMetric(task.terms),
      }
    }
    case "task":
      return { kind: "task", id: hit.id, network: networkOf(hit.id), name: hit.name, description: hit.description }
    case "profile":
      return { kind: "profile", profile: viewProfile(hit.profile) }
  }
}

/** @param names what nodes call themselves, this one's peers among them */
export function viewPeer(row: PeerRow, names: Names): Peer {
  return {
    node: row.nodeId,
    name: names.get(row.nodeId) ?? null,
    address: row.address,
    direction: row.direction,
    connected_at: row.connectedAt / 1000,
    relayed: row.relayed,
    latency_ms: row.latencyMs,
    score: row.score,
    agent: row.agent,
    carries: row.carries === null ? null : { tasks: row.carries.tasks, facts: row.carries.facts },
    relays: row.relays,
    reserved: row.reserved,
    sync: {
      running: row.sync.running,
      synced_at: row.sync.syncedAt === null ? null : row.sync.syncedAt / 1000,
      complete: row.sync.complete,
      received: row.sync.received,
      sent: row.sync.sent,
      failure: row.sync.failure,
    },
  }
}

export function viewActivity(row: ActivityRow): Activity {
  return {
    kind: row.kind,
    worker: row.worker,
    task: row.task,
    task_name: row.taskName,
    title: row.title,
    experiment: row.experiment,
    parent: row.parent === null ? null : { ...row.parent },
    agent: row.agent,
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

export function viewResearch(row: ResearchRow, names: Names): ResearchStatus {
  const { maxExperiments, maxCostUsd, maxTokens, until } = row.limits
  return {
    proposer: row.proposer,
    workers: row.workers,
    experiments: row.experiments,
    limits: {
      max_experiments: maxExperiments,
      max_cost_usd: maxCostUsd,
      max_tokens: maxTokens,
      until: until === null ? null : until / 1000,
    },
    spent: viewSpending(row.spent),
    spent_in_all: viewSpending(row.spentInAll),
    ended: row.ended,
    claims: row.claims.map(({ author, parent, summary }) => ({
      node: author,
      node_name: names.get(author) ?? null,
      parent,
      summary,
    })),
  }
}

export function viewSpending(row: ResearchRow["spent"]): Spending {
  return {
    requests: row.requests,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cost_usd: row.costUsd ?? 0,
    unpriced: row.unpriced,
    seconds: row.seconds,
  }
}

/** The data folder is left out: it names the keeper's account, and an API may be open to the network. */
/** What is wrong with updates is among the notices too: those are what keepers look at. */
export function viewStatus(row: ServedStatus, names: Names, update: UpdateStatus | null): NodeStatus {
  const problem = update?.problem ?? null
  return {
    node: row.nodeId,
    name: row.nodeId === null ? null : (names.get(row.nodeId) ?? null),
    version: row.version,
    mode: row.mode,
    started_at: row.startedAt / 1000,
    addresses: [...row.addresses],
    peers: row.peers.map((peer) => viewPeer(peer, names)),
    task: row.task,
    hardware_class: row.hardwareClass,
    sandbox: { ...row.sandbox },
    activities: row.activities.map(viewActivity),
    research: row.research === null ? null : viewResearch(row.research, names),
    verify_queue: row.verifyQueue,
    verify: { ...row.verify, due: { ...row.verify.due } },
    seq: row.seq,
    notices: [...row.notices, ...(problem === null ? [] : [problem])].map(({ code, message, next }) => ({
      code,
      message,
      next,
    })),
    reach: { ...row.reach, observed: [...row.reach.observed] },
    update,
  }
}

export function viewNode(row: AuthorRow, status: ServedStatus): NodeSummary {
  return {
    id: row.nodeId,
    name: row.name,
    experiments: row.experiments,
    kept: row.kept,
    verifications: row.verifications,
    last_activity: row.lastActivity,
    self: row.nodeId === status.nodeId,
    connected: status.peers.some((peer) => peer.nodeId === row.nodeId),
  }
}
