import type { BodyOf, Kind } from "../src/index.ts"
import { author, file, worked } from "./worked-objects.ts"

/** Fields of a body; a dot leads into a map, undefined leaves the field out. */
export type Changes = Record<string, unknown>

/** A copy of `body` with fields changed. */
export function changed(body: object, changes: Changes): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...body }
  for (const [path, value] of Object.entries(changes)) {
    const [name = "", ...rest] = path.split(".")
    const inner = copy[name]
    if (rest.length > 0 && typeof inner === "object" && inner !== null) {
      copy[name] = changed(inner, { [rest.join(".")]: value })
    } else if (value === undefined) Reflect.deleteProperty(copy, name)
    else copy[name] = value
  }
  return copy
}

const env = { accelerator: "x", runtime: {}, os: "x", arch: "x", sandbox: "x" }
const run = { outcome: "crash", scores: [], metrics: {}, seconds: 0, steps: null, peakMemoryMb: null } as const
const common = { v: 1, author: author.publicKey, created: 0 } as const
const { cid: task } = worked.task
const { cid: experiment } = worked.experiment
const evidence = [worked.verification.cid]

/** A body of each kind with as little in it as its schema allows. */
export const minimal: BodyOf = {
  task: {
    ...common,
    kind: "task",
    name: "x",
    description: "",
    type: "x",
    artifact: "x",
    metric: { name: "x", goal: "minimize", unit: "", min: null, max: null, minEffect: 0 },
    replay: { mode: "noisy", absTol: 0, relTol: 0, replicates: 1, maxNoise: 0, seeds: [] },
    budget: { type: "wall", value: 1, killSeconds: 1 },
    bundle: file("bundle"),
    baseline: file("baseline"),
    datasets: [],
    classKeys: [],
    requires: {},
    supersedes: null,
  },
  experiment: {
    ...common,
    kind: "experiment",
    task,
    parent: null,
    code: file("baseline"),
    run: { ...run, scores: [] },
    env,
    proposal: { title: "", hypothesis: "", agent: "" },
    log: null,
    outputs: null,
  },
  verification: {
    ...common,
    kind: "verification",
    task,
    experiment,
    run: { ...run, scores: [], replicates: [0] },
    env,
    log: null,
  },
  challenge: { ...common, kind: "challenge", task, experiment, evidence },
  challenge_response: {
    ...common,
    kind: "challenge_response",
    task,
    challenge: worked.challenge.cid,
    experiment,
    run: { ...run, scores: [], replicates: [0] },
    env,
    log: null,
  },
  dispute: { ...common, kind: "dispute", task, challenge: worked.challenge.cid, evidence, outcome: "upheld" },
  claim: { ...common, kind: "claim", task, parent: null, summary: "x", expires: 1 },
  profile: { ...common, kind: "profile", display_name: "", bio: "", website: "", avatar_url: "", donation_address: "" },
}

/** The minimal body of a kind with one field set, and beside it what rules across fields then ask for. */
export function probedBody(kind: Kind, path: string, value: unknown): Record<string, unknown> {
  return changed(minimal[kind], { ...companions(kind, path, value), [path]: value })
}

function companions(kind: Kind, path: string, value: unknown): Changes {
  const length = Array.isArray(value) ? value.length : 0
  const number = typeof value === "number" ? value : 0
  const numbers = Array.from({ length: Math.max(1, length) }, (_, i) => i)
  const ok = { "run.outcome": "ok", "run.scores": [1] }
  if (path === "replay.mode") return value === "exact" ? { "replay.seeds": [1] } : {}
  if (path === "replay.seeds")
    return length > 0 ? { "replay.mode": "exact", "replay.replicates": Math.min(length, 16) } : {}
  if (path === "run.outcome") return value === "ok" ? ok : {}
  if (path === "run.scores") {
    const replicates = kind === "experiment" ? {} : { "run.replicates": numbers }
    return length > 0 ? { ...ok, ...replicates } : {}
  }
  if (kind === "claim" && path === "created") return { expires: Math.min(number + 900, Number.MAX_SAFE_INTEGER) }
  if (kind === "claim" && path === "expires") return { created: Math.max(0, Math.min(number, 2 ** 53) - 1) }
  return {}
}
