import {
  type CID,
  createIdentity,
  type Env,
  experimentSeed,
  type Identity,
  nodeIdOf,
  type Random,
  seededRandom,
  signRecord,
  type SporeRecord,
} from "@spore/records"
import { addFile, addFolder, createMemoryArtifactStore } from "@spore/records/artifacts"
import { trainScript, type Settings, START } from "./candidate.ts"
import { createFakeNode, type FakeNode } from "./fake-node.ts"

const utf8 = new TextEncoder()
const BEGIN = 1_780_000_000
const INTERVAL = 37

export interface FixtureInit {
  experiments: number
  seed?: number
  /** Names and texts that try to break a page. */
  hostile?: boolean
  /** Share of experiments whose code this node does not hold. */
  missing?: number
  goal?: "minimize" | "maximize"
  /** Adds a second hardware class with about a third as many experiments. */
  twoClasses?: boolean
  name?: string
  node?: FakeNode
  /** Unix seconds of the task; experiments follow every 37 s. */
  begin?: number
}

export interface Fixture {
  readonly node: FakeNode
  readonly task: SporeRecord<"task">
  readonly experiments: SporeRecord<"experiment">[]
  /** Makes, signs and stores one more experiment. */
  next(): Promise<SporeRecord<"experiment">>
}

interface Made {
  record: SporeRecord<"experiment">
  settings: Settings
  /** Null where it crashed or was forged: nobody builds on it. */
  value: number | null
  isKeep: boolean
  /** The claim of the nearest keep, itself included. */
  keepClaim: number | null
}

/** A node with one task and a search over it: signed records, real code, reruns by other keys, a forged score. */
export async function buildFixture(init: FixtureInit): Promise<Fixture> {
  const random = seededRandom(init.seed ?? 7)
  const node = init.node ?? (await createFakeNode(identityOf(1)))
  const authors = [node.identity, identityOf(2), identityOf(3), identityOf(4)]
  const task = await makeTask(node, init, authors[0] ?? node.identity)
  await node.add(task)
  node.set({ task: task.id, hardwareClass: "x64/26.10.0" })
  const made: Made[] = []

  const next = async (): Promise<SporeRecord<"experiment">> => {
    const one = await makeExperiment(node, task, made, authors, random, init)
    made.push(one)
    await node.add(one.record)
    await rerun(node, task, one, authors, random)
    return one.record
  }
  for (let i = 0; i < init.experiments; i++) await next()
  return {
    node,
    task,
    get experiments() {
      return made.map(({ record }) => record)
    },
    next,
  }
}

function identityOf(n: number): Identity {
  return createIdentity(new Uint8Array(32).fill(n))
}

async function makeTask(node: FakeNode, init: FixtureInit, author: Identity): Promise<SporeRecord<"task">> {
  const baseline = await addFile(node.artifacts, utf8.encode(trainScript(START)))
  const bundle = await addFolder(node.artifacts, new Map([["spore.task.json", utf8.encode("{}")]]))
  const isLoss = init.goal !== "maximize"
  return signRecord(author, "task", {
    created: init.begin ?? BEGIN,
    name: init.name ?? (init.hostile === true ? HOSTILE.name : "char-lm"),
    description:
      "Train a small character-level language model in plain JavaScript on a public-domain text. The evaluator streams held-out text to the candidate and scores the distribution it commits to before each character.",
    type: isLoss ? "ml_train" : "optimization",
    artifact: "javascript",
    metric: {
      name: isLoss ? "val_bpb" : "score",
      goal: isLoss ? "minimize" : "maximize",
      unit: isLoss ? "bits/char" : "",
      min: null,
      max: null,
      minEffect: 0.001,
    },
    replay: { mode: "exact", absTol: 0, relTol: 1e-9, replicates: 1, maxNoise: 0, seeds: [17] },
    budget: { type: "steps", value: 1200, killSeconds: 120 },
    bundle,
    baseline,
    datasets: [],
    classKeys: ["arch", "runtime.node"],
    requires: { node: ">=22" },
    supersedes: null,
  })
}

async function makeExperiment(
  node: FakeNode,
  task: SporeRecord<"task">,
  made: readonly Made[],
  authors: readonly Identity[],
  random: Random,
  init: FixtureInit,
): Promise<Made> {
  const sign = init.goal === "maximize" ? -1 : 1
  const author = pick(authors, random)
  const onArm = init.twoClasses === true && made.length > 0 && random.next() < 0.25
  const env = envOf(onArm ? "arm64" : "x64")
  const ofClass = made.filter(({ record }) => record.body.env.arch === env.arch)
  const parent = ofClass.length === 0 ? undefined : chooseParent(ofClass, random, sign)
  const { settings, title, gain } = parent === undefined ? BASELINE : mutate(parent.settings, random)
  const depth = ofClass.filter(({ value }) => value !== null).length
  const from = parent?.value ?? (sign === 1 ? 2.871 : 0.4)
  const floor = sign === 1 ? 1.62 : -0.93
  const room = Math.max(0.02, sign * from - floor)
  const change = parent === undefined ? 0 : gain * room * (0.25 + 0.75 / (1 + depth / 400))
  const outlier = random.next() < 0.012 && parent !== undefined ? 4 * random.next() : 0
  const value = round(from + sign * (change + (change > 0 ? outlier : 0)))
  const crashed = parent !== undefined && random.next() < 0.06
  const forged = made.length > 0 && made.length % 97 === 61
  const isHostile = init.hostile === true && made.length % 3 === 1
  const score = forged ? round(from - sign * room * 0.6) : value
  const code = await codeOf(node, settings, random.next() < (init.missing ?? 0))
  const record = signRecord(author, "experiment", {
    created: task.body.created + 40 + made.length * INTERVAL,
    task: task.cid,
    parent: parent === undefined ? null : parent.record.cid,
    code: parent === undefined ? task.body.baseline : code,
    run: {
      outcome: crashed ? (random.next() < 0.3 ? "timeout" : "crash") : "ok",
      scores: crashed ? [] : [score],
      metrics: crashed ? {} : { train_loss: round(score * 0.96), params: 41_216 },
      seconds: round(8 + 9 * random.next()),
      steps: crashed ? 311 : 1200,
      peakMemoryMb: 143,
    },
    env,
    proposal: {
      title: isHostile ? HOSTILE.title : title,
      hypothesis: isHostile
        ? HOSTILE.text
        : parent === undefined
          ? "The task's baseline, run in this class."
          : `${title}. The loss was still falling at the end of the budget, so this should help within the same number of steps.`,
      agent: parent === undefined ? "baseline" : pick(["tuner", "tuner", "llama-4-70b", "codex-cli"], random),
    },
    log: await addFile(node.artifacts, utf8.encode(logOf(experimentSeed(task.body, code, author.publicKey, 0), score))),
    outputs: null,
  })
  const base = parent?.keepClaim ?? null
  const isKeep = !crashed && (base === null || sign * (base - score) > task.body.metric.minEffect)
  return { record, settings, value: crashed || forged ? null : value, isKeep, keepClaim: isKeep ? score : base }
}

/** Reruns by other keys of what looks good, honest but for the forged scores they do not reach. */
async function rerun(
  node: FakeNode,
  task: SporeRecord<"task">,
  { record, value, isKeep }: Made,
  authors: readonly Identity[],
  random: Random,
): Promise<void> {
  if (!isKeep || random.next() < 0.3) return
  const author = nodeIdOf(record.body.author)
  const verifiers = authors.filter(({ nodeId }) => nodeId !== author).slice(0, 2)
  const measured = value ?? (record.body.run.scores[0] ?? 0) * 1.2
  const made = verifiers.map((verifier, i) =>
    signRecord(verifier, "verification", {
      created: record.body.created + 20 + i * 9,
      task: task.cid,
      experiment: record.cid,
      run: {
        outcome: "ok",
        scores: [measured],
        metrics: {},
        seconds: record.body.run.seconds * 1.1,
        steps: 1200,
        peakMemoryMb: 150,
        replicates: [0],
      },
      env: record.body.env,
      log: null,
    }),
  )
  const [first] = made
  const [challenger] = verifiers
  await node.add(...made)
  if (value !== null || first === undefined || challenger === undefined) return
  const challenge = signRecord(challenger, "challenge", {
    created: record.body.created + 31,
    task: task.cid,
    experiment: record.cid,
    evidence: [first.cid],
  })
  const dispute = signRecord(challenger, "dispute", {
    created: record.body.created + 90,
    task: task.cid,
    challenge: challenge.cid,
    evidence: made.map(({ cid }) => cid),
    outcome: "rejected",
  })
  await node.add(challenge, dispute)
}

function chooseParent(made: readonly Made[], random: Random, sign: number): Made | undefined {
  const usable = made.filter(({ value }) => value !== null)
  const ranked = usable.toSorted((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)))
  return random.next() < 0.72 ? ranked[0] : ranked[Math.floor(random.next() ** 2 * ranked.length)]
}

const BASELINE = { settings: START, title: "baseline", gain: 0 }

function mutate(settings: Settings, random: Random): { settings: Settings; title: string; gain: number } {
  const key = pick(Object.keys(settings), random)
  const old = settings[key] ?? 1
  const factor = pick([0.5, 0.7, 1.4, 2, 1.2], random)
  const now = old >= 4 ? Math.max(1, Math.round(old * factor)) : Number((old * factor).toPrecision(2))
  const luck = random.next()
  const gain = luck < 0.11 ? -0.16 * random.next() : 0.3 * random.next() ** 2 + 0.002
  return {
    settings: { ...settings, [key]: now },
    title: `${key.replaceAll("_", " ").toLowerCase()} ${old} → ${now}`,
    gain,
  }
}

async function codeOf(node: FakeNode, settings: Settings, isMissing: boolean): Promise<CID> {
  return addFile(isMissing ? createMemoryArtifactStore() : node.artifacts, utf8.encode(trainScript(settings)))
}

function envOf(arch: string): Env {
  return {
    accelerator: "cpu",
    runtime: { node: arch === "x64" ? "26.10.0" : "24.21.0" },
    os: "linux",
    arch,
    sandbox: "bubblewrap",
  }
}

function logOf(seed: number, score: number): string {
  const lines = [`seed ${seed}`]
  for (let step = 200; step <= 1200; step += 200)
    lines.push(`step ${step} loss ${(score * (1 + 160 / step)).toFixed(4)}`)
  return `${lines.join("\n")}\nval_bpb ${score.toFixed(4)}\n`
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random.next() * items.length)]
  if (item === undefined) throw new Error("nothing to pick from")
  return item
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

const HOSTILE = {
  name: "a-very-long-task-name-without-any-place-to-break-0123456789ABCDE",
  title: `<img src=x onerror=alert(1)> \u202Egnirts desrever\u202C zero\u200Bwidth ${"W".repeat(120)}`,
  text: `<script>alert(document.domain)</script>\n[link](javascript:alert(1))\n\u2066\u202Eabc\u2069 ${"longwordwithoutspaces".repeat(30)}`,
}
