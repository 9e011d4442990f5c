import { describe, expect, test } from "vitest"
import {
  type AnyRecord,
  CID,
  cidOf,
  DAG_CBOR,
  DAG_PB,
  encodeCanonical,
  isSporeError,
  KINDS,
  parseRecord,
  RAW,
  schemas,
} from "../src/index.ts"
import { changed, type Changes } from "./bodies.ts"
import { worked } from "./worked-objects.ts"

/** `valid`, or the code with which a worked object with these fields changed is refused. */
function verdict(record: AnyRecord, changes: Changes): string {
  try {
    parseRecord(encodeCanonical(changed(record.body, changes)), record.signature)
    return "valid"
  } catch (error) {
    if (isSporeError(error)) return error.code
    throw error
  }
}

const raw = cidOf(RAW, new Uint8Array([1]))
const folder = cidOf(DAG_PB, new Uint8Array([1]))
const record = cidOf(DAG_CBOR, new Uint8Array([1]))
const { digest } = raw.multihash
const v0 = CID.decode(folder.multihash.bytes)
const identity = CID.decode(new Uint8Array([1, RAW, 0, 1, 7]))
const truncated = CID.decode(new Uint8Array([1, RAW, 0x12, 31, ...digest.subarray(0, 31)]))
const sha512 = CID.decode(new Uint8Array([1, RAW, 0x13, 64, ...digest, ...digest]))
const notArtifacts = [record, v0, identity, truncated, sha512, raw.toString(), raw.bytes]
const notRecords = [raw, folder, v0, identity, CID.createV1(0x0129, raw.multihash), record.toString()]

const keys = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, value]))
/** Text of exactly this many bytes of UTF-8, not all of one byte each. */
const bytes = (length: number): string => "ü".repeat(Math.floor(length / 2)) + "x".repeat(length % 2)

const times = { accept: [0, Number.MAX_SAFE_INTEGER], refuse: [-1, 0.5, 2 ** 53, "1", null, undefined] }
const nonNegative = { accept: [0, 1e300, 0.1], refuse: [-1e-9, "1", undefined] }
const nullableRecord = { accept: [null, record], refuse: [...notRecords, undefined] }
const recordOnly = { accept: [record], refuse: [...notRecords, null, undefined] }
const artifactOnly = { accept: [raw, folder], refuse: [...notArtifacts, null, undefined] }
const nullableArtifact = { accept: [null, raw, folder], refuse: [...notArtifacts, undefined] }
const text = (max: number, min = 0): { accept: unknown[]; refuse: unknown[] } => ({
  accept: [bytes(min), bytes(max)],
  refuse: [bytes(max + 1), `${bytes(max - 1)}ü`, ...(min > 0 ? [""] : []), 1, null, undefined],
})
const textMap = (max: number, value: number): { accept: unknown[]; refuse: unknown[] } => ({
  accept: [{}, keys(max, bytes(value)), { [bytes(64)]: "" }, { constructor: "c", toString: "t" }],
  refuse: [keys(max + 1, ""), { "": "" }, { [bytes(65)]: "" }, { a: bytes(value + 1) }, { a: 1 }, [], null, undefined],
})
const slug = {
  accept: ["a", `a${"-".repeat(63)}`, "ml_train", "x9"],
  refuse: ["", "A", "9x", "_a", `a${"-".repeat(64)}`, "a b", "a\n", "ü", undefined],
}
const evidence = {
  accept: [[record], Array.from({ length: 64 }, () => record)],
  refuse: [[], Array.from({ length: 65 }, () => record), [raw], record, undefined],
}
const env = {
  "env.accelerator": text(128, 1),
  "env.runtime": textMap(16, 64),
  "env.os": text(64, 1),
  "env.arch": text(32, 1),
  "env.sandbox": text(64, 1),
  "env.extra": { accept: [undefined], refuse: [1] },
  env: { accept: [], refuse: [null, {}, undefined] },
}
const run = {
  "run.outcome": { accept: ["ok"], refuse: ["OK", "infra", "", undefined] },
  "run.metrics": {
    accept: [{}, keys(64, -1.5), { [bytes(64)]: 0 }, { constructor: 1, hasOwnProperty: 2 }],
    refuse: [keys(65, 1), { [bytes(65)]: 1 }, { a: "1" }, { a: null }, [], undefined],
  },
  "run.seconds": nonNegative,
  "run.steps": { accept: [null, 0, Number.MAX_SAFE_INTEGER], refuse: [-1, 0.5, "1", undefined] },
  "run.peakMemoryMb": { accept: [null, 0, 0.5], refuse: [-1, "1", undefined] },
  "run.extra": { accept: [undefined], refuse: [1] },
}
const rerun = {
  ...run,
  "run.replicates": {
    accept: [[0], [65535]],
    refuse: [[], [-1], [65536], [0.5], [0, 1], ["0"], 0, undefined],
  },
}

interface Bounds {
  accept: unknown[]
  refuse: unknown[]
}
const fields: Record<keyof typeof worked, Record<string, Bounds>> = {
  task: {
    created: times,
    name: text(64, 1),
    description: text(8192),
    type: slug,
    artifact: slug,
    "metric.name": text(64, 1),
    "metric.goal": { accept: ["minimize", "maximize"], refuse: ["min", undefined] },
    "metric.unit": text(32),
    "metric.min": { accept: [null, -1e300, 0], refuse: ["0", undefined] },
    "metric.max": { accept: [null, 1e-9, 1e300], refuse: [0, -1, "1", undefined] },
    "metric.minEffect": nonNegative,
    "metric.extra": { accept: [undefined], refuse: [1] },
    "replay.mode": { accept: ["exact"], refuse: ["noisy", "artifact", "fuzzy", undefined] },
    "replay.absTol": nonNegative,
    "replay.relTol": nonNegative,
    "replay.replicates": { accept: [2], refuse: [0, 1, 3, 17, 1.5, undefined] },
    "replay.maxNoise": nonNegative,
    "replay.seeds": {
      accept: [[0, 0x7fffffff]],
      refuse: [[], [1], [1, 2, 3], [1, -1], [1, 0x80000000], [1, 0.5], undefined],
    },
    "replay.extra": { accept: [undefined], refuse: [1] },
    "budget.type": { accept: ["wall", "steps", "flops"], refuse: ["money", undefined] },
    "budget.value": { accept: [1e-9, 1e300], refuse: [0, -1, "1", undefined] },
    "budget.killSeconds": { accept: [1, 86400], refuse: [0, 86401, 0.5, undefined] },
    "budget.extra": { accept: [undefined], refuse: [1] },
    bundle: artifactOnly,
    baseline: artifactOnly,
    datasets: {
      accept: [
        [],
        Array.from({ length: 16 }, () => ({ name: bytes(128), link: folder })),
        [{ name: "n", url: bytes(1024), sha256: digest }],
      ],
      refuse: [
        Array.from({ length: 17 }, () => ({ name: "n", link: raw })),
        [{ name: "", link: raw }],
        [{ name: bytes(129), link: raw }],
        [{ name: "n", link: record }],
        [{ name: "n" }],
        [{ name: "n", url: "u" }],
        [{ name: "n", url: bytes(1025), sha256: digest }],
        [{ name: "n", url: "", sha256: digest }],
        [{ name: "n", url: "u", sha256: digest.subarray(1) }],
        [{ name: "n", url: "u", sha256: digest, link: raw }],
        undefined,
      ],
    },
    classKeys: {
      accept: [[], ["arch", "os", "accelerator", "runtime.node"], Array.from({ length: 8 }, () => "arch")],
      refuse: [
        Array.from({ length: 9 }, () => "arch"),
        ["sandbox"],
        ["runtime."],
        ["runtime.Node"],
        ["runtime.__proto__"],
        [`runtime.${"a".repeat(33)}`],
        ["arch\n"],
        undefined,
      ],
    },
    requires: textMap(16, 128),
    supersedes: nullableRecord,
  },
  experiment: {
    created: times,
    task: recordOnly,
    parent: nullableRecord,
    code: artifactOnly,
    ...run,
    "run.scores": {
      accept: [[0], Array.from({ length: 16 }, () => -1.5)],
      refuse: [[], Array.from({ length: 17 }, () => 1), ["1"], [null], 1, undefined],
    },
    ...env,
    "proposal.title": text(256),
    "proposal.hypothesis": text(8192),
    "proposal.agent": text(128),
    "proposal.extra": { accept: [undefined], refuse: [1] },
    log: nullableArtifact,
    outputs: nullableArtifact,
  },
  verification: {
    created: times,
    task: recordOnly,
    experiment: recordOnly,
    ...rerun,
    "run.scores": { accept: [[-1]], refuse: [[], [1, 2], ["1"], undefined] },
    ...env,
    log: nullableArtifact,
  },
  challenge: { created: times, task: recordOnly, experiment: recordOnly, evidence },
  response: {
    created: times,
    task: recordOnly,
    challenge: recordOnly,
    experiment: recordOnly,
    // The worked response timed out: of replicates 0 and 1, without scores.
    "run.outcome": { accept: ["crash", "incorrect", "timeout"], refuse: ["ok", undefined] },
    "run.scores": { accept: [[]], refuse: [[1], [1, 2], undefined] },
    "run.replicates": {
      accept: [[0], [0, 65535], Array.from({ length: 16 }, (_, i) => i)],
      refuse: [[], [1, 0], [1, 1], Array.from({ length: 17 }, (_, i) => i), undefined],
    },
    ...env,
    log: nullableArtifact,
  },
  dispute: {
    created: times,
    task: recordOnly,
    challenge: recordOnly,
    evidence,
    outcome: { accept: ["upheld", "rejected", "inconclusive"], refuse: ["refuted", undefined] },
  },
  claim: {
    task: recordOnly,
    parent: nullableRecord,
    summary: text(1024, 1),
    expires: {
      accept: [worked.claim.body.created + 1, worked.claim.body.created + 900],
      refuse: [worked.claim.body.created, worked.claim.body.created + 901, 0, Number.MAX_SAFE_INTEGER, undefined],
    },
  },
  profile: {
    created: times,
    display_name: text(64),
    bio: text(2048),
    website: text(256),
    avatar_url: text(512),
    donation_address: text(256),
  },
}
const rows = Object.entries(worked).flatMap(([name, object]) =>
  Object.entries(Object.entries(fields).find(([key]) => key === name)?.[1] ?? {}).map(
    ([field, bounds]) => [object.kind, field, object, bounds] as const,
  ),
)

describe("the bounds of each field", () => {
  test.each(rows)("%s: %s", (_kind, field, object, { accept, refuse }) => {
    for (const value of accept) expect([value, verdict(object, { [field]: value })]).toEqual([value, "valid"])
    for (const value of refuse) expect([value, verdict(object, { [field]: value })]).toEqual([value, "bad_schema"])
  })

  test("are all of them checked here", () => {
    for (const [name, object] of Object.entries(worked)) {
      const listed = new Set(rows.filter(([, , of]) => of === object).map(([, field]) => field.split(".")[0]))
      const present = Object.keys(object.body).filter((field) => !["kind", "v", "author"].includes(field))
      // A claim's `created` moves with its `expires`, checked there.
      expect([name, present.filter((field) => !listed.has(field))]).toEqual([name, name === "claim" ? ["created"] : []])
    }
  })
})

describe("rules across fields", () => {
  test("noisy and artifact replay fix no seeds, exact replay one for each replicate", () => {
    for (const mode of ["noisy", "artifact"]) {
      expect(verdict(worked.task, { "replay.mode": mode, "replay.seeds": [] })).toBe("valid")
      expect(verdict(worked.task, { "replay.mode": mode, "replay.seeds": [1] })).toBe("bad_schema")
    }
    const seeds = Array.from({ length: 16 }, (_, i) => i)
    expect(verdict(worked.task, { "replay.replicates": 16, "replay.seeds": seeds })).toBe("valid")
    expect(verdict(worked.task, { "replay.replicates": 17, "replay.seeds": [...seeds, 16] })).toBe("bad_schema")
  })

  test("scores are present exactly when the outcome is ok", () => {
    for (const outcome of ["incorrect", "crash", "timeout"]) {
      expect(verdict(worked.experiment, { "run.outcome": outcome, "run.scores": [] })).toBe("valid")
      expect(verdict(worked.experiment, { "run.outcome": outcome })).toBe("bad_schema")
    }
  })

  test("a rerun has one score for each replicate number", () => {
    expect(verdict(worked.verification, { "run.scores": [1, 2], "run.replicates": [3, 9] })).toBe("valid")
    expect(verdict(worked.verification, { "run.scores": [1, 2], "run.replicates": [9, 3] })).toBe("bad_schema")
  })

  test("`created` may be any time from 1970 to 2^53-1 seconds", () => {
    const last = Number.MAX_SAFE_INTEGER
    expect(verdict(worked.claim, { created: 0, expires: 900 })).toBe("valid")
    expect(verdict(worked.claim, { created: last - 1, expires: last })).toBe("valid")
    expect(verdict(worked.claim, { created: last, expires: last })).toBe("bad_schema")
  })
})

describe.each(Object.values(worked))("$kind", (object) => {
  test("refuses unknown fields, one by one", () => {
    for (const field of ["extra", "constructor", "toString", "signature", "id", ""]) {
      expect(verdict(object, { [field]: 1 })).toBe("bad_schema")
    }
  })

  test("refuses an author of another length or type", () => {
    for (const author of [new Uint8Array(31), new Uint8Array(33), "a", null, undefined]) {
      expect(verdict(object, { author })).toBe("bad_schema")
    }
  })
})

test("a map that poses as a link passes no schema, whoever decoded it", () => {
  const pose = { "/": "x", bytes: "x", version: 1, code: DAG_CBOR, multihash: { code: 0x12, size: 32 } }
  expect(schemas.challenge.safeParse({ ...worked.challenge.body, experiment: pose }).success).toBe(false)
  expect(schemas.challenge.safeParse({ ...worked.challenge.body, experiment: record }).success).toBe(true)
})

test("every kind has a worked object", () => {
  expect(Object.values(worked).map(({ kind }) => kind)).toEqual([...KINDS])
})
