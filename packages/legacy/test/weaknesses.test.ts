import { describe, expect, test } from "vitest"
import { inspectLegacy, type LegacyFields, type LegacyObject, openLegacy, pyObject, toWire } from "../src/index.ts"
import { codeOf, wireOf } from "./fixtures.ts"
import {
  alice,
  bob,
  carol,
  check,
  control,
  experiment,
  experimentFields,
  forged,
  keyOf,
  manifest,
  OTHER,
  projection,
  rows,
} from "./made.ts"

describe("weakness 3: forged disputes prove nothing", () => {
  const root = experiment()

  test("a verifier that was invented cannot be named: the signer speaks for itself alone", () => {
    const payload = pyObject({
      experiment_id: root.id,
      verifier_id: keyOf(carol),
      verifier_bpb: 9.9,
      verifier_gpu: "RTX_4090",
    })
    const fields = { payload, timestamp: 1760000001n }
    expect(codeOf(() => openLegacy(forged("legacy_verification", fields, bob)))).toBe("wrong_signer")
    expect(codeOf(() => openLegacy(forged("legacy_challenge_response", fields, bob)))).toBe("wrong_signer")
  })

  test("winners and losers that a dispute names leave no trace", () => {
    const dispute = control("legacy_dispute", bob, root.id, {
      outcome: "rejected",
      winner_verifier_ids: [keyOf(carol)],
      loser_verifier_ids: [keyOf(alice)],
      verifier_count: 99n,
    })
    expect(rows(dispute, [root])).toEqual([
      { table: "control", kind: "dispute", experiment: root.id, evidence: [], outcome: "rejected" },
    ])
    expect(check(dispute)).toEqual({ state: "missing", id: root.id })
  })

  test("an author's own verification carries the author's key, for the policy to leave out", () => {
    const own = control("legacy_verification", alice, root.id)
    expect(projection.head(own).author).toBe(projection.head(root).author)
  })

  test("squatting an event_id blocks nothing: two events with one event_id are two facts", () => {
    const squatter = control("legacy_verification", carol, root.id, {
      event_id: `verification:${root.id}:${keyOf(bob)}`,
    })
    const honest = control("legacy_verification", bob, root.id, { event_id: `verification:${root.id}:${keyOf(bob)}` })
    expect(squatter.id).not.toBe(honest.id)
    expect([squatter, honest].map((event) => check(event, [root]).state)).toEqual(["valid", "valid"])
  })
})

describe("weakness 4: poison records are refused with a reason, and end nothing", () => {
  test.each<[string, string, LegacyFields]>([
    ["a text for a time", "bad_timestamp", { timestamp: "soon" }],
    ["a float for a time", "bad_timestamp", { timestamp: 1760000000.5 }],
    ["a time before 1970", "bad_timestamp", { timestamp: -1n }],
    ["infinity", "not_finite", { val_bpb: Number.POSITIVE_INFINITY }],
    ["no number", "not_finite", { peak_vram_mb: Number.NaN }],
    ["an integer beyond all doubles", "not_finite", { num_params: 10n ** 400n }],
    ["a description without end", "too_large", { description: "x".repeat(65_537) }],
    ["a diff without end", "too_large", { diff: "x".repeat(1_048_577) }],
    ["a parent that is no id", "bad_schema", { parent: "../../etc" }],
    ["a task that is no id", "bad_schema", { task_id: "bafyreib" }],
    ["a status of its own", "bad_schema", { status: "best" }],
  ])("%s", (_name, code, fields) => {
    const wire = forged("legacy_experiment", { ...experimentFields, ...fields })
    expect(codeOf(() => openLegacy(wire))).toBe(code)
    expect(inspectLegacy(wire)).toMatchObject({ idOk: true, signatureOk: true, accepted: false })
    expect(inspectLegacy(wire).reason).toMatch(new RegExp(`^${code}: `))
  })

  test("garbage is refused, too", () => {
    for (const line of ["", "null", "[]", "{}", '{"type":"ping","payload":{}}', "\u0000", '{"type":"experiment"}']) {
      expect(inspectLegacy(line)).toMatchObject({ kind: null, accepted: false })
    }
    expect(inspectLegacy("[".repeat(100_000)).reason).toMatch(/^too_deep/)
    expect(inspectLegacy(" ".repeat(5_000_000)).reason).toMatch(/^too_large/)
  })
})

describe("weakness 7: the unsigned task of a version-1 record", () => {
  test("a relay cannot move it to another task", () => {
    const root = experiment()
    const moved = toWire(root).replace('"task_id":""', `"task_id":"${OTHER}"`)
    expect(moved).not.toBe(toWire(root))
    const object = openLegacy(moved)
    expect(object).toEqual(root)
    expect(check(object)).toMatchObject({ task: root.id })
    expect(Buffer.from(object.payload).toString()).not.toContain("task_id")
  })

  test("0.6 took it from the relay; here its lineage tells", () => {
    const object = openLegacy(wireOf("v1: task_id injected by relay (accepted: not signed)"))
    expect(check(object)).toEqual({ state: "valid", task: object.id, experiment: object.id })
  })
})

describe("weakness 8: claims that cannot be true", () => {
  test("a false depth means nothing: no row carries it", () => {
    const [honest, liar] = [experiment({ depth: 0n }), experiment({ depth: -7n })]
    const nameless = (object: LegacyObject): string =>
      JSON.stringify(rows(object)).replaceAll(object.id, "id").replaceAll(object.id.slice(0, 8), "id")
    expect(nameless(liar)).toBe(nameless(honest))
  })

  test("a time of 2^62 is refused", () => {
    const wire = forged("legacy_experiment", { ...experimentFields, timestamp: 2n ** 62n })
    expect(codeOf(() => openLegacy(wire))).toBe("bad_timestamp")
  })

  test("a metric of -1e300 is stored, but is no score and no keep", () => {
    for (const val_bpb of [-1e300, -0.001, 1e300]) {
      expect(rows(experiment({ val_bpb }))[1]).toMatchObject({
        outcome: "incorrect",
        scores: [],
        claimedStatus: "crash",
      })
    }
    expect(rows(experiment({ val_bpb: 0 }))[1]).toMatchObject({ outcome: "ok", scores: [0], claimedStatus: "keep" })
  })

  test("a rerun of -1e300 measures nothing", () => {
    const root = experiment()
    expect(rows(control("legacy_verification", bob, root.id, { verifier_bpb: -1e300 }), [root])).toEqual([])
  })

  test("goal=maximize is honoured, and an unknown goal is minimised as 0.6 did", () => {
    const goals = ["maximize", "minimize", "sideways"].map((goal) => rows(manifest({ goal }))[0])
    expect(goals).toMatchObject(
      ["maximize", "minimize", "minimize"].map((goal) => ({ info: { terms: { metric: { goal } } } })),
    )
  })
})
