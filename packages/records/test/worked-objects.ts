import { type CID, cidOf, createIdentity, type Env, type Identity, RAW, type Rerun, signRecord } from "../src/index.ts"

/** The keys of the worked objects: seeds 00 01 … 1f and 20 21 … 3f. */
export const author: Identity = createIdentity(Uint8Array.from({ length: 32 }, (_, i) => i))
export const verifier: Identity = createIdentity(Uint8Array.from({ length: 32 }, (_, i) => 32 + i))

/** Link to a file with this text. */
export const file = (text: string): CID => cidOf(RAW, new TextEncoder().encode(text))
const CREATED = 1_760_000_000

const env: Env = { accelerator: "cpu", runtime: { node: "26.10.0" }, os: "linux", arch: "x64", sandbox: "bubblewrap" }
const rerun: Rerun = {
  outcome: "ok",
  scores: [2.25],
  metrics: {},
  seconds: 9.5,
  steps: 400,
  peakMemoryMb: null,
  replicates: [1],
}

const task = signRecord(author, "task", {
  created: CREATED,
  name: "worked-example",
  description: "Minimise the loss. Größe: 1 MiB — or less.",
  type: "ml_train",
  artifact: "javascript",
  metric: { name: "loss", goal: "minimize", unit: "bits", min: 0, max: null, minEffect: 0.001 },
  replay: { mode: "exact", absTol: 0, relTol: 1e-9, replicates: 2, maxNoise: 0.01, seeds: [1, 2147483647] },
  budget: { type: "steps", value: 400, killSeconds: 60 },
  bundle: file("bundle"),
  baseline: file("baseline"),
  datasets: [
    { name: "text", link: file("text") },
    { name: "more", url: "https://example.org/more", sha256: file("more").multihash.digest },
  ],
  classKeys: ["arch", "runtime.node"],
  requires: { node: ">=22" },
  supersedes: null,
})
const experiment = signRecord(author, "experiment", {
  created: CREATED + 60,
  task: task.cid,
  parent: null,
  code: task.body.baseline,
  run: {
    outcome: "ok",
    scores: [2.5, 2],
    metrics: { perplexity: 5.65, shift: -3 },
    seconds: 12.75,
    steps: 800,
    peakMemoryMb: 180,
  },
  env,
  proposal: { title: "Baseline", hypothesis: "", agent: "baseline" },
  log: file("log"),
  outputs: null,
})
const verification = signRecord(verifier, "verification", {
  created: CREATED + 120,
  task: task.cid,
  experiment: experiment.cid,
  run: rerun,
  env,
  log: null,
})
const challenge = signRecord(verifier, "challenge", {
  created: CREATED + 180,
  task: task.cid,
  experiment: experiment.cid,
  evidence: [verification.cid],
})
const response = signRecord(verifier, "challenge_response", {
  created: CREATED + 240,
  task: task.cid,
  challenge: challenge.cid,
  experiment: experiment.cid,
  run: { ...rerun, outcome: "timeout", scores: [], replicates: [0, 1] },
  env,
  log: file("log"),
})
const dispute = signRecord(verifier, "dispute", {
  created: CREATED + 300,
  task: task.cid,
  challenge: challenge.cid,
  evidence: [verification.cid, response.cid],
  outcome: "rejected",
})
const claim = signRecord(author, "claim", {
  created: CREATED + 360,
  task: task.cid,
  parent: experiment.cid,
  summary: "A wider hidden layer",
  expires: CREATED + 360 + 900,
})
const profile = signRecord(author, "profile", {
  created: CREATED,
  display_name: "Ada",
  bio: "",
  website: "https://example.org",
  avatar_url: "",
  donation_address: "",
})

/** One object of each kind. */
export const worked = { task, experiment, verification, challenge, response, dispute, claim, profile } as const
