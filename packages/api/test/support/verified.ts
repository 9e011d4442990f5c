import { type Identity, nodeIdOf, type Random, seededRandom, type SporeRecord } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeExperiment,
  makeTask,
  makeVerification,
  type RerunRecord,
  type TaskOverrides,
  testIdentity,
} from "@spore/testkit"
import { type Settings, START, trainScript } from "./candidate.ts"
import type { FakeNode } from "./fake-node.ts"

const utf8 = new TextEncoder()
const BEGIN = 1_780_000_000
const STEP = 420
/** Standard deviation of one run of the noisy tasks. */
const NOISE = 0.0012

/** Three tasks whose experiments have come to every verdict, each by what really leads to it. */
export interface VerifiedFixture {
  readonly node: FakeNode
  /** Noisy replay, calibrated; one class besides that is not. */
  readonly noisy: VerifiedTask
  /** Exact replay, with a liar among the authors and one among the verifiers. */
  readonly exact: VerifiedTask
  /** Noisy replay of wall time: each key is compared with its own run of the baseline. */
  readonly timed: VerifiedTask
}

export interface VerifiedTask {
  readonly task: SporeRecord<"task">
  /** By the name that this file gives it. */
  readonly experiments: ReadonlyMap<string, SporeRecord<"experiment">>
  id(name: string): string
  /** Stores one more rerun. */
  rerun(name: string, key: number, score: number): Promise<RerunRecord>
}

export async function buildVerified(node: FakeNode): Promise<VerifiedFixture> {
  const noisy = await buildNoisy(node)
  const exact = await buildExact(node)
  const timed = await buildTimed(node)
  node.set({ task: noisy.task.id, hardwareClass: "rtx_4090" })
  return { node, noisy, exact, timed }
}

async function buildNoisy(node: FakeNode): Promise<VerifiedTask> {
  const scene = await openScene(node, {
    name: "nanogpt-train",
    description: "Train a small transformer for a fixed number of steps on a fixed corpus; the validation loss counts.",
    metric: { name: "val_loss", goal: "minimize", unit: "nats/token", min: 0, max: 20, minEffect: 0.001 },
    replay: { mode: "noisy", replicates: 2, maxNoise: 0.02, seeds: [] },
    budget: { type: "steps", value: 3000, killSeconds: 900 },
    classKeys: ["accelerator"],
  })
  const { noise } = scene
  const honest = (value: number, keys: readonly number[]): [number, number[]][] =>
    keys.map((key) => [key, [value + noise(), value + noise()]])

  await scene.experiment("baseline", {
    by: 1,
    parent: null,
    claim: [3.2803, 3.2811],
    reruns: honest(3.2806, [2, 3, 4]),
  })
  await scene.experiment("warmup", {
    by: 2,
    parent: "baseline",
    change: ["WARMUP", 80],
    claim: [3.2621, 3.263],
    reruns: honest(3.2629, [1, 3, 4]),
  })
  await scene.experiment("decay", {
    by: 3,
    parent: "baseline",
    change: ["WEIGHT_DECAY", 0.05],
    claim: [3.2799, 3.2812],
    reruns: honest(3.281, [1]),
  })
  // The host of key 7 is broken: whatever it runs comes out worse.
  await scene.experiment("width", {
    by: 1,
    parent: "warmup",
    change: ["HIDDEN", 96],
    claim: [3.2338, 3.2349],
    reruns: [...honest(3.2342, [2, 3, 5]), [7, [3.2455, 3.2463]]],
  })
  await scene.experiment("crash", { by: 4, parent: "width", change: ["BATCH", 256], claim: null, reruns: [] })
  await scene.experiment("rate", {
    by: 4,
    parent: "width",
    change: ["LEARNING_RATE", 0.014],
    claim: [3.2167, 3.2171],
    reruns: honest(3.2181, [1, 2, 3]),
  })
  // Two changes that reruns cannot tell apart.
  await scene.experiment("context", {
    by: 2,
    parent: "rate",
    change: ["CONTEXT", 12],
    claim: [3.1996, 3.1989],
    reruns: honest(3.1998, [1, 3, 4, 5]),
  })
  await scene.experiment("beta", {
    by: 5,
    parent: "rate",
    change: ["BETA2", 0.95],
    claim: [3.1999, 3.2008],
    reruns: honest(3.2003, [1, 2, 3]),
  })
  // The best of many tries by luck alone: reruns are a little weaker, and nobody is to blame.
  await scene.experiment("lucky", {
    by: 3,
    parent: "context",
    change: ["BATCH", 24],
    claim: [3.1863, 3.1869],
    reruns: [
      [1, [3.1899, 3.1902]],
      [2, [3.1896, 3.1901]],
    ],
  })
  await scene.experiment("contested", {
    by: 4,
    parent: "context",
    change: ["EMBEDDING", 24],
    claim: [3.1802, 3.1808],
    reruns: [[1, [3.1979, 3.199]]],
  })
  await scene.experiment("challenged", {
    by: 5,
    parent: "beta",
    change: ["HIDDEN", 128],
    claim: [3.1811, 3.1799],
    reruns: [[2, [3.1998, 3.1991]]],
  })
  await scene.challenge("challenged", 2)
  await scene.experiment("upheld", {
    by: 1,
    parent: "beta",
    change: ["WARMUP", 120],
    claim: [3.1888, 3.1894],
    reruns: [[7, [3.1999, 3.2007]]],
  })
  await scene.challenge("upheld", 7, { responses: honest(3.1891, [2, 3, 5]), remark: "upheld" })
  await scene.experiment("forged", {
    by: 6,
    parent: "context",
    change: ["LEARNING_RATE", 0.05],
    claim: [3.1201, 3.1204],
    reruns: [
      [1, [3.2087, 3.2101]],
      [3, [3.2093, 3.209]],
    ],
  })
  await scene.challenge("forged", 1, { responses: [[2, [3.2089, 3.2096]]], remark: "rejected" })
  await scene.experiment("fresh", {
    by: 2,
    parent: "context",
    change: ["HIDDEN", 112],
    claim: [3.1948, 3.1952],
    reruns: [],
  })
  await scene.experiment("elsewhere", {
    by: 3,
    parent: null,
    accelerator: "H100",
    claim: [3.2794, 3.2801],
    reruns: honest(3.2799, [1]),
  })
  return scene.built()
}

async function buildExact(node: FakeNode): Promise<VerifiedTask> {
  const scene = await openScene(node, {
    name: "char-lm",
    description: "Train a small character language model in plain JavaScript; the same seeds give the same score.",
    metric: { name: "val_bpb", goal: "minimize", unit: "bits/char", min: 0, max: 20, minEffect: 0.001 },
    replay: { mode: "exact", replicates: 1, seeds: [17] },
  })
  const same = (value: number, keys: readonly number[]): [number, number[]][] => keys.map((key) => [key, [value]])
  await scene.experiment("baseline", { by: 1, parent: null, claim: [2.871], reruns: same(2.871, [2, 3]) })
  await scene.experiment("hidden", {
    by: 2,
    parent: "baseline",
    change: ["HIDDEN", 96],
    claim: [2.7402],
    reruns: same(2.7402, [1, 3]),
  })
  // Key 7 says of everything that it came out otherwise.
  await scene.experiment("slandered", {
    by: 1,
    parent: "hidden",
    change: ["CONTEXT", 12],
    claim: [2.6118],
    reruns: [[7, [2.9001]]],
  })
  await scene.challenge("slandered", 7, { responses: same(2.6118, [2, 3, 4]), remark: "rejected" })
  await scene.experiment("forged", {
    by: 6,
    parent: "hidden",
    change: ["BATCH", 32],
    claim: [2.2],
    reruns: same(2.7155, [1, 2]),
  })
  await scene.challenge("forged", 1, { remark: "rejected" })
  await scene.experiment("split", {
    by: 3,
    parent: "slandered",
    change: ["EMBEDDING", 24],
    claim: [2.5829],
    reruns: [
      [1, [2.5829]],
      [7, [2.9441]],
    ],
  })
  await scene.experiment("mine", { by: 4, parent: "slandered", change: ["WARMUP", 20], claim: [2.6009], reruns: [] })
  return scene.built()
}

async function buildTimed(node: FakeNode): Promise<VerifiedTask> {
  const scene = await openScene(node, {
    name: "fft",
    type: "kernel",
    description: "A fast Fourier transform of a fixed size, as many per second as the machine can do.",
    metric: { name: "speed", goal: "maximize", unit: "transforms/s", min: 0, max: 1e9, minEffect: 20 },
    replay: { mode: "noisy", replicates: 3, maxNoise: 200, seeds: [] },
    budget: { type: "wall", value: 5, killSeconds: 60 },
    classKeys: ["arch"],
  })
  const offset = (key: number): number => [0, 0, -310, 150, -90, 420, 60, -200][key] ?? 0
  const runs = (value: number, key: number): number[] =>
    Array.from({ length: 3 }, () => Math.round(value + offset(key) + scene.noise() * 9000))
  const honest = (value: number, keys: readonly number[]): [number, number[]][] =>
    keys.map((key) => [key, runs(value, key)])
  await scene.experiment("baseline", { by: 1, parent: null, claim: runs(4000, 1), reruns: honest(4000, [2, 3, 4, 5]) })
  await scene.experiment("radix", {
    by: 2,
    parent: "baseline",
    change: ["BATCH", 8],
    claim: runs(5200, 2),
    reruns: honest(5200, [1, 3, 4, 5]),
  })
  await scene.experiment("table", {
    by: 3,
    parent: "radix",
    change: ["EMBEDDING", 32],
    claim: runs(5900, 3),
    reruns: honest(5890, [1, 2, 4, 6]),
  })
  await scene.experiment("inline", {
    by: 1,
    parent: "table",
    change: ["CONTEXT", 16],
    claim: runs(6300, 1),
    reruns: honest(6290, [2, 3, 5]),
  })
  await scene.experiment("unroll", {
    by: 5,
    parent: "inline",
    change: ["HIDDEN", 32],
    claim: runs(6500, 5),
    reruns: honest(6490, [2, 3, 4]),
  })
  return scene.built()
}

interface Planned {
  readonly by: number
  readonly parent: string | null
  /** What it changes of its parent's settings. */
  readonly change?: readonly [name: string, value: number]
  /** Null where it crashed. */
  readonly claim: readonly number[] | null
  readonly reruns: readonly (readonly [key: number, scores: readonly number[]])[]
  readonly accelerator?: string
}

interface Settled {
  readonly responses?: readonly (readonly [key: number, scores: readonly number[]])[]
  /** What the challenger says of it in the end. */
  readonly remark?: "upheld" | "rejected" | "inconclusive"
}

/** Makes and stores one task's records, each a while after the one before. */
interface Scene {
  noise(): number
  experiment(name: string, planned: Planned): Promise<void>
  /** A challenge on the reruns of one key. */
  challenge(name: string, by: number, settled?: Settled): Promise<void>
  built(): VerifiedTask
}

async function openScene(node: FakeNode, overrides: TaskOverrides): Promise<Scene> {
  const random = seededRandom(11)
  const baseline = await addFile(node.artifacts, utf8.encode(trainScript(START)))
  const task = makeTask(keyOf(node, 1), { created: BEGIN, baseline, ...overrides })
  await node.add(task)
  const experiments = new Map<string, SporeRecord<"experiment">>()
  const settings = new Map<string, Settings>()
  const reruns = new Map<string, RerunRecord[]>()
  let now = BEGIN
  const tick = (): number => (now += STEP)

  const find = (name: string): SporeRecord<"experiment"> => {
    const found = experiments.get(name)
    if (found === undefined) throw new Error(`no experiment ${name}`)
    return found
  }
  async function keep(name: string, record: RerunRecord): Promise<RerunRecord> {
    await node.add(record)
    reruns.set(name, [...(reruns.get(name) ?? []), record])
    return record
  }
  const verify = (name: string, key: number, score: readonly number[] | number): Promise<RerunRecord> =>
    keep(name, makeVerification(keyOf(node, key), { task, experiment: find(name), score, created: tick() }))

  return {
    noise: () => NOISE * gaussian(random),
    experiment: async (name, { by, parent, change, claim, reruns: planned, accelerator = "RTX_4090" }) => {
      const before = parent === null ? START : (settings.get(parent) ?? START)
      const after = change === undefined ? before : { ...before, [change[0]]: change[1] }
      settings.set(name, after)
      const [changed, to] = change ?? ["", 0]
      const title =
        parent === null
          ? "baseline"
          : `${changed.replaceAll("_", " ").toLowerCase()} ${String(before[changed])} → ${String(to)}`
      const record = makeExperiment(keyOf(node, by), {
        task,
        parent: parent === null ? null : find(parent),
        ...(claim === null ? {} : { score: claim }),
        code: await addFile(node.artifacts, utf8.encode(trainScript(after))),
        created: tick(),
        env: { accelerator, runtime: { node: "26.10.0", torch: "2.9.1" } },
        proposal: {
          title,
          hypothesis: parent === null ? "" : `With ${title} the loss should fall further within the same budget.`,
          agent: parent === null ? "baseline" : "tuner",
        },
      })
      await node.add(record)
      experiments.set(name, record)
      for (const [key, scores] of planned) await verify(name, key, scores)
    },
    challenge: async (name, by, { responses = [], remark } = {}) => {
      const challenger = keyOf(node, by)
      const evidence = (reruns.get(name) ?? []).filter(({ body }) => nodeIdOf(body.author) === challenger.nodeId)
      const challenge = makeChallenge(challenger, { task, experiment: find(name), evidence, created: tick() })
      await node.add(challenge)
      for (const [key, score] of responses) {
        await keep(
          name,
          makeChallengeResponse(keyOf(node, key), { task, experiment: find(name), challenge, score, created: tick() }),
        )
      }
      if (remark === undefined) return
      const all = reruns.get(name) ?? []
      await node.add(makeDispute(challenger, { task, challenge, evidence: all, outcome: remark, created: tick() }))
    },
    built: () => ({ task, experiments, id: (name) => find(name).id, rerun: verify }),
  }
}

/** Key 1 is the node's own. */
function keyOf(node: FakeNode, n: number): Identity {
  return n === 1 ? node.identity : testIdentity(n)
}

/** Box and Muller's. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
