/** Valid objects of every kind, for vectors/objects.json. */
import {
  type AnyRecord,
  type BodyOf,
  cidOf,
  createIdentity,
  DAG_PB,
  encodeCanonical,
  encodeEnvelope,
  type Identity,
  type Kind,
  KINDS,
  maxPayload,
  nodeIdOf,
  signedMessage,
  signRecord,
  toHex,
} from "../src/index.ts"
import { changed, type Changes, minimal } from "./bodies.ts"
import { packHex } from "./vector-format.ts"
import { author, file, verifier, worked } from "./worked-objects.ts"

const MAX_INTEGER = Number.MAX_SAFE_INTEGER
const folder = cidOf(DAG_PB, new Uint8Array([1]))
const third: Identity = createIdentity(new Uint8Array(32).fill(255))

/** The text of objects.json. The first objects, one of each kind, are frozen: their ids MUST NOT change. */
export function objectVectors(): object {
  const frozen = Object.values(worked).map((record: AnyRecord) => vector(`${record.kind}: worked example`, record))
  const others = [...KINDS.map(minimalObject), ...unicode, ...numbers, ...maximal].map(([name, record]) =>
    vector(name, record),
  )
  return { keys: [author, verifier, third].map(keyVector), objects: [...frozen, ...others] }
}

export function keyVector(key: Identity): object {
  return { seed: toHex(key.exportSeed()), publicKey: toHex(key.publicKey), nodeId: key.nodeId }
}

function vector(name: string, record: AnyRecord): object {
  return {
    name,
    kind: record.kind,
    author: nodeIdOf(record.body.author),
    payload: packHex(record.payload),
    signedMessage: packHex(signedMessage(record.kind, record.payload)),
    signature: toHex(record.signature),
    envelope: packHex(encodeEnvelope(record)),
    id: record.id,
  }
}

type Named = readonly [name: string, record: AnyRecord]

function make(name: string, kind: Kind, changes: Changes, identity: Identity = author): Named {
  // What is no body of the kind, `signRecord` refuses.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { kind: _kind, v: _v, author: _author, ...fields } = changed(minimal[kind], changes) as unknown as BodyOf[Kind]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return [`${kind}: ${name}`, signRecord(identity, kind, fields) as AnyRecord]
}

function minimalObject(kind: Kind): Named {
  return make("minimal, all maps and lists as empty as they may be", kind, {}, third)
}

/** Text beyond ASCII: not normalised, beyond the first plane, right to left, with controls. */
const odd = "\u0000\t\u001b[31m e\u0301 \u00e9 \u202e \u05e9 \u{1d11e} \u{10ffff} \ufffe"
const unicode: Named[] = [
  make("text beyond ASCII", "task", {
    name: "\u{1f680}",
    description: odd,
    "metric.unit": "µ\u{1d7d8}",
    requires: { "\u{10000}": odd, "\uffff": "", é: "composed", "e\u0301": "decomposed", a: "a", constructor: "" },
  }),
  make("text beyond ASCII", "experiment", {
    "run.metrics": { "\u{1d11e}": 1, toString: 2, "10": 3, "9": 4, "//": 5 },
    "env.runtime": { node: "\u{1f680}", "\u00ad": "" },
    "env.accelerator": "NVIDIA GeForce RTX™ 4090",
    "proposal.title": odd,
    "proposal.hypothesis": "a\ufeffb\u2028\u2029",
  }),
  make("text beyond ASCII", "claim", { summary: odd }),
  make("text beyond ASCII", "profile", { display_name: "\u{1f469}\u200d\u{1f52c} Ада", bio: odd }),
]

const numbers: Named[] = [
  make("every width of number", "experiment", {
    created: MAX_INTEGER,
    run: {
      outcome: "ok",
      scores: [
        0,
        23,
        24,
        255,
        256,
        65535,
        65536,
        4294967295,
        4294967296,
        MAX_INTEGER,
        -1,
        -24,
        -25,
        -256,
        -257,
        -MAX_INTEGER,
      ],
      metrics: {
        a: 2 ** 53,
        b: -(2 ** 53),
        c: 1e300,
        d: 5e-324,
        e: 0.1,
        f: -1.5,
        g: 2 ** 64,
        h: 1.7976931348623157e308,
      },
      seconds: 0.000001,
      steps: MAX_INTEGER,
      peakMemoryMb: 65504,
    },
  }),
  make("every width of number", "task", {
    metric: { name: "x", goal: "maximize", unit: "", min: -1e300, max: 2 ** 53, minEffect: 5e-324 },
    "replay.mode": "exact",
    "replay.replicates": 16,
    "replay.seeds": [0, 1, 23, 24, 255, 256, 65535, 65536, 2147483647, 7, 7, 7, 7, 7, 7, 7],
    "budget.value": 1e18,
  }),
]

const long = (bytes: number): string => "x".repeat(bytes)
const entries = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`.padEnd(64, "k"), value]))
const sixteen = (value: (i: number) => number): number[] => Array.from({ length: 16 }, (_, i) => value(i))
const full = {
  run: {
    outcome: "ok",
    scores: sixteen((i) => i / 3),
    metrics: entries(64, -1e300),
    seconds: 1e300,
    steps: MAX_INTEGER,
    peakMemoryMb: 1e300,
  },
  env: { accelerator: long(128), runtime: entries(16, long(64)), os: long(64), arch: long(32), sandbox: long(64) },
}
const rerun = { ...full.run, replicates: sixteen((i) => 65520 + i) }
const evidence = Array.from({ length: 64 }, () => worked.verification.cid)

function fullTask(url: number): Changes {
  return {
    name: long(64),
    description: long(8192),
    type: long(64),
    artifact: long(64),
    metric: { name: long(64), goal: "maximize", unit: long(32), min: -1e300, max: 1e300, minEffect: 1e300 },
    replay: {
      mode: "exact",
      absTol: 0.1,
      relTol: 0.1,
      replicates: 16,
      maxNoise: 0.1,
      seeds: sixteen(() => 2147483647),
    },
    budget: { type: "flops", value: 1e300, killSeconds: 86400 },
    bundle: folder,
    baseline: folder,
    datasets: [
      ...Array.from({ length: 15 }, () => ({ name: long(128), link: folder })),
      { name: long(128), url: long(url), sha256: file("data").multihash.digest },
    ],
    classKeys: Array.from({ length: 8 }, () => `runtime.a${"_".repeat(31)}`),
    requires: entries(16, long(128)),
    supersedes: worked.task.cid,
  }
}

/** As many bytes in a data set's address as fill the payload to its limit. */
const room = maxPayload("task") - encodeCanonical(changed(minimal.task, fullTask(500))).length

const maximal: Named[] = [
  make("every field at its bound, the payload at 16,384 bytes", "task", fullTask(500 + room)),
  make("every field at its bound", "experiment", {
    ...full,
    parent: worked.experiment.cid,
    code: folder,
    proposal: { title: long(256), hypothesis: long(8192), agent: long(128) },
    log: folder,
    outputs: folder,
  }),
  make("every field at its bound", "verification", { run: rerun, env: full.env, log: folder }),
  make("every field at its bound", "challenge", { evidence }),
  make("every field at its bound", "challenge_response", { run: rerun, env: full.env, log: folder }),
  make("every field at its bound", "dispute", { evidence, outcome: "inconclusive" }),
  make("every field at its bound", "claim", {
    created: MAX_INTEGER - 900,
    parent: worked.experiment.cid,
    summary: long(1024),
    expires: MAX_INTEGER,
  }),
  make("every field at its bound, text of four-byte characters", "profile", {
    created: MAX_INTEGER,
    display_name: "\u{1d11e}".repeat(16),
    bio: "\u{1d11e}".repeat(512),
    website: "\u{1d11e}".repeat(64),
    avatar_url: "\u{1d11e}".repeat(128),
    donation_address: "\u{1d11e}".repeat(64),
  }),
]
