import type { GraphControl, GraphExperiment, GraphProfile, GraphRerun, GraphRow } from "@spore/records"
import { gpuClass } from "../gpu.ts"
import { isLegacyId, legacyCodeLink } from "../links.ts"
import type { LegacyRerun } from "../objects/bodies.ts"
import type { LegacyObject, LegacyObjectOf } from "../objects/object.ts"
import { impliedTask, manifestTask, withinBounds } from "./task-info.ts"
import { cut, title } from "./text.ts"

/**
 * The rows of a valid object.
 *
 * @param task of an experiment: its task's id
 */
export function rowsOf(object: LegacyObject, task: string): readonly GraphRow[] {
  switch (object.kind) {
    case "legacy_experiment": {
      const isRoot = object.id === task
      const info = impliedTask(task, isRoot ? object : undefined)
      return [{ table: "task", info, standing: isRoot ? 1 : 0 }, experimentRow(object, task)]
    }
    case "legacy_task":
      return [{ table: "task", info: manifestTask(object), standing: 2 }]
    case "legacy_verification":
      return rerunRows("verification", object.body.payload)
    case "legacy_challenge_response":
      return rerunRows("challenge_response", object.body.payload)
    case "legacy_challenge":
      return [controlRow("challenge", object.body.payload.experiment_id, null)]
    case "legacy_dispute":
      return [controlRow("dispute", object.body.payload.experiment_id, remarkOf(object.body.payload.outcome))]
    case "legacy_profile":
      return [profileRow(object)]
  }
}

/**
 * What an experiment says, as far as the graph takes it.
 *
 * @param task its task's id
 */
export function experimentRow({ body }: LegacyObjectOf<"legacy_experiment">, task: string): GraphExperiment {
  const outcome = body.status === "crash" ? "crash" : withinBounds(body.val_bpb) ? "ok" : "incorrect"
  return {
    table: "experiment",
    task,
    parent: body.parent,
    code: isLegacyId(body.code_cid) ? legacyCodeLink(body.code_cid) : cut(body.code_cid, 256),
    class: cut(gpuClass(body.gpu_model), 128),
    outcome,
    scores: outcome === "ok" ? [body.val_bpb] : [],
    title: title(body.description, 256),
    hypothesis: cut(body.hypothesis, 8192),
    agent: cut(body.agent_model, 128),
    seconds: Math.max(0, body.time_budget),
    // A keep of an impossible value is none.
    claimedStatus: outcome === "ok" ? body.status : "crash",
  }
}

/** A measurement by its signer; none where the value is impossible, which proves nothing. */
function rerunRows(kind: GraphRerun["kind"], payload: LegacyRerun): GraphRerun[] {
  const score = payload.verifier_bpb
  if (!withinBounds(score)) return []
  const className = cut(gpuClass(payload.verifier_gpu), 128)
  const experiment = payload.experiment_id
  return [{ table: "rerun", kind, experiment, class: className, outcome: "ok", scores: [score], replicates: [0] }]
}

function controlRow(kind: GraphControl["kind"], experiment: string, outcome: GraphControl["outcome"]): GraphControl {
  return { table: "control", kind, experiment, evidence: [], outcome }
}

function remarkOf(outcome: string): GraphControl["outcome"] {
  return outcome === "upheld" || outcome === "rejected" ? outcome : "inconclusive"
}

function profileRow({ body }: LegacyObjectOf<"legacy_profile">): GraphProfile {
  return {
    table: "profile",
    displayName: cut(body.display_name, 64),
    bio: cut(body.bio, 2048),
    website: cut(body.website, 256),
    avatarUrl: cut(body.avatar_url, 512),
    donationAddress: cut(body.donation_address, 256),
  }
}
