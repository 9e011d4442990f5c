import { createHmac } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Measurement } from "@spore/records"
import {
  classContext,
  type ClassContext,
  type ClassFacts,
  type DueRerun,
  type Rerunnable,
  scheduleReruns,
  type Verifier,
} from "../src/index.ts"
import { measured, noisy, normals, stateOf } from "./scene.ts"

/** Usual seconds of a rerun here, and the patience that follows: twice that and a minute. */
const SECONDS = 30
const PATIENCE = 120_000
const TEN = Array.from({ length: 10 }, (_, n) => `key ${n}`)

function experiment(id: string, overrides: Partial<Rerunnable> = {}): Rerunnable {
  const author = overrides.author ?? "author"
  return {
    id,
    author,
    isRoot: false,
    verdict: "unverified",
    status: "discard",
    voters: 0,
    promoted: false,
    since: 0,
    claimedBy: [author],
    rerunBy: [],
    ...overrides,
  }
}

function classOf(experiments: readonly Rerunnable[], overrides: Partial<ClassFacts> = {}): ClassFacts {
  return {
    experiments,
    candidates: [],
    active: [],
    streaks: new Map(),
    usualSeconds: SECONDS,
    deciding: 2,
    calibrated: true,
    baselineSets: null,
    ...overrides,
  }
}

function verifier(key: string, overrides: Partial<Verifier> = {}): Verifier {
  return { key, draw: () => 0, heldBack: new Map(), ...overrides }
}

function due(facts: ClassFacts, by: Partial<Verifier> & { key?: string } = {}): DueRerun[] {
  return scheduleReruns(facts, verifier(by.key ?? "me", by))
}

function reasons(facts: ClassFacts, by: Partial<Verifier> = {}): Record<string, string> {
  return Object.fromEntries(due(facts, by).map(({ id, reason }) => [id, reason]))
}

const sets = (runs: readonly Measurement[], by: string): number => runs.filter(({ key }) => key === by).length

function context(runs: readonly (readonly Measurement[])[]): ClassContext {
  return classContext(
    noisy,
    runs.map((own, n) => stateOf(own, { code: `${n}` })),
  )
}

/** What a key sees of states by one author and the reruns of them. */
function factsFor(key: string, runs: readonly (readonly Measurement[])[], active: readonly string[]): ClassFacts {
  const experiments = runs.map((own, n) => {
    const rerunBy = [...new Set(own.map((run) => run.key))]
    const verdict = own.length === 0 ? ("unverified" as const) : ("uncalibrated" as const)
    return experiment(`${n}`, { verdict, voters: rerunBy.length, rerunBy, ownSets: sets(own, key) })
  })
  return classOf(experiments, { active, calibrated: runs.every((own) => own.length === 0) })
}

/** A draw that only who knows the secret can foretell. */
function drawBy(secret: string): Verifier["draw"] {
  return (id) => createHmac("sha256", secret).update(id).digest().readUInt32BE(0) / 2 ** 32
}

const anyKey = fc.constantFrom("me", ...TEN)
const anyExperiment: fc.Arbitrary<Rerunnable> = fc
  .record({
    id: fc.uuid(),
    author: anyKey,
    isRoot: fc.boolean(),
    verdict: fc.constantFrom(
      "unverified",
      "uncalibrated",
      "reproduced",
      "regressed",
      "suspect",
      "challenged",
      "upheld",
      "refuted",
    ),
    status: fc.constantFrom("keep", "discard", "unranked", "crash", "withheld"),
    voters: fc.nat(12),
    promoted: fc.boolean(),
    since: fc.nat(1_000_000),
    others: fc.uniqueArray(anyKey, { maxLength: 2 }),
    rerunBy: fc.uniqueArray(anyKey, { maxLength: 4 }),
    ownSets: fc.nat(3),
  })
  .map(({ others, ...rest }) => ({ ...rest, claimedBy: [...new Set([rest.author, ...others])] }))
const anyClass: fc.Arbitrary<ClassFacts> = fc
  .uniqueArray(anyExperiment, { selector: ({ id }) => id, maxLength: 30 })
  .chain((experiments) =>
    fc.record({
      experiments: fc.constant(experiments),
      candidates: fc.subarray(experiments.map(({ id }) => id)),
      active: fc.subarray(TEN),
      streaks: fc.dictionary(anyKey, fc.nat(50)).map((found) => new Map(Object.entries(found))),
      usualSeconds: fc.nat(600),
      deciding: fc.constantFrom(2, 8),
      calibrated: fc.boolean(),
      baselineSets: fc.constantFrom(null, 0, 1, 2),
    }),
  )

describe("scheduleReruns", () => {
  it("takes what is contested first, then the top, then samples", () => {
    const experiments = [
      experiment("sample"),
      experiment("top", { status: "keep" }),
      experiment("suspect", { verdict: "suspect", voters: 5 }),
    ]
    expect(due(classOf(experiments, { candidates: ["top"] }))).toEqual([
      { id: "suspect", reason: "contested", at: 0 },
      { id: "top", reason: "top", at: 0 },
      { id: "sample", reason: "sample", at: 0 },
    ])
  })

  it("asks two keys for the first five candidates, at most two of an author, and for the baseline", () => {
    const authors = ["a", "a", "a", "b", "c", "d", "e"]
    const candidates = authors.map((author, n) => experiment(`candidate ${n}`, { author, status: "keep", voters: 1 }))
    const roots = ["root 2", "root 1"].map((id) => experiment(id, { isRoot: true, status: "keep", voters: 1 }))
    const facts = classOf([...candidates, ...roots], { candidates: candidates.map(({ id }) => id) })
    expect(reasons(facts)).toEqual({
      ...Object.fromEntries([0, 1, 3, 4, 5].map((n) => [`candidate ${n}`, "top"])),
      "root 1": "top",
    })
    const enough = classOf(
      facts.experiments.map((e) => ({ ...e, voters: 2 })),
      { candidates: facts.candidates },
    )
    expect(due(enough)).toEqual([])
  })

  it("asks more keys for leaders that two could not tell from chance, two at a time, up to eight", () => {
    const wantedOf = (voters: number, promoted = false): number => {
      const leader = experiment("leader", { status: "keep", verdict: "reproduced", voters, promoted })
      const facts = classOf([leader], { candidates: ["leader"], deciding: 8, active: TEN })
      return TEN.filter((key) => due(facts, { key }).some(({ at }) => at === 0)).length
    }
    expect([0, 1, 2, 3, 6, 7, 8].map((voters) => wantedOf(voters))).toEqual([2, 1, 2, 1, 2, 1, 0])
    // What two promoted, two more check.
    expect([2, 3, 4].map((voters) => wantedOf(voters, true))).toEqual([2, 1, 0])
  })

  it("leaves a claim that eight keys could not decide to a share of the keys", () => {
    const share = (voters: number): number => {
      const experiments = Array.from({ length: 500 }, (_, n) => experiment(`e${n}`, { verdict: "suspect", voters }))
      return due(classOf(experiments), { draw: drawBy("secret") }).length / 500
    }
    expect([share(7), share(8)]).toEqual([1, 1])
    expect(share(32)).toBeCloseTo(0.25, 1)
  })

  it("draws results of an author by one in as many as it has reproduced in a row, from ten on", () => {
    const experiments = Array.from({ length: 2_000 }, (_, n) => experiment(`experiment ${n}`))
    const share = (streak: number): number =>
      due(classOf(experiments, { streaks: new Map([["author", streak]]) }), { draw: drawBy("secret") }).length / 2_000
    expect(share(0)).toBe(1)
    expect(share(9)).toBe(1)
    expect(share(10)).toBeCloseTo(0.1, 1)
    expect(share(100)).toBeLessThan(0.03)
    const among = (verifiers: number): number => {
      const active = Array.from({ length: verifiers }, (_, n) => `verifier ${n}`)
      const facts = classOf(experiments, { active, streaks: new Map([["author", 10]]) })
      return due(facts, { draw: drawBy("secret") }).length / 2_000
    }
    expect(among(4)).toBeCloseTo(0.02, 2)
    // Made-up keys cannot switch it off.
    expect(among(1_000)).toBe(among(9))
    expect(among(9)).toBeGreaterThan(0.005)
  })

  it("draws alike again and again, and otherwise by another secret", () => {
    const experiments = Array.from({ length: 400 }, (_, n) => experiment(`experiment ${n}`))
    const facts = classOf(experiments, { streaks: new Map([["author", 10]]) })
    const drawn = (secret: string): Set<string> => new Set(due(facts, { draw: drawBy(secret) }).map(({ id }) => id))
    const [one, two] = [drawn("one"), drawn("two")]
    expect(drawn("one")).toEqual(one)
    // Ids that one secret skips are drawn by another as often as any.
    const skipped = experiments.filter(({ id }) => !one.has(id))
    const found = skipped.filter(({ id }) => two.has(id)).length
    expect(found / skipped.length).toBeGreaterThan(0.04)
    expect(found / skipped.length).toBeLessThan(0.2)
  })

  it("has a key without a baseline of its own run that first, and nothing else", () => {
    const root = experiment("b root", { isRoot: true, status: "keep", voters: 3, rerunBy: ["x", "y", "z"] })
    const other = experiment("c root", { isRoot: true, status: "keep", voters: 3, rerunBy: ["x", "y", "z"] })
    const suspect = experiment("a suspect", { verdict: "suspect", voters: 1, rerunBy: ["x"] })
    const facts = classOf([suspect, other, root], { active: TEN })
    expect(reasons({ ...facts, baselineSets: 0 })).toEqual({ "b root": "baseline" })
    expect(reasons({ ...facts, baselineSets: 1 })).toEqual({ "a suspect": "contested" })
    expect(reasons({ ...classOf([suspect]), baselineSets: 0 })).toEqual({})
  })

  it("measures noise where it is not known: states that one key reran, own ones too, and the baseline once more", () => {
    const experiments = [
      experiment("own", { author: "me", verdict: "uncalibrated", voters: 1, rerunBy: ["x"] }),
      experiment("theirs", { verdict: "uncalibrated", voters: 1, rerunBy: ["x"] }),
      experiment("pair", { verdict: "uncalibrated", voters: 2, rerunBy: ["x", "y"] }),
      experiment("done", { verdict: "uncalibrated", voters: 1, rerunBy: ["me"] }),
      experiment("root", { isRoot: true, verdict: "uncalibrated", voters: 2, rerunBy: ["me", "x"] }),
    ]
    const facts = classOf(experiments, { calibrated: false })
    expect(reasons(facts)).toEqual({ own: "calibrate", theirs: "calibrate" })
    expect(reasons({ ...facts, baselineSets: 1 })).toMatchObject({ root: "calibrate" })
    expect(reasons({ ...facts, baselineSets: 2 })).not.toHaveProperty("root")
    expect(due({ ...facts, calibrated: true, baselineSets: 1 })).toEqual([])
  })

  it("goes on where nothing else is left: what two others reran, then its own once more, what it ran least first", () => {
    const pair = experiment("pair", { verdict: "uncalibrated", voters: 2, rerunBy: ["x", "y"] })
    const once = experiment("once", { verdict: "uncalibrated", voters: 2, rerunBy: ["me", "x"], ownSets: 1 })
    const twice = experiment("twice", { verdict: "uncalibrated", voters: 2, rerunBy: ["me", "x"], ownSets: 2 })
    const failing = experiment("failing", { verdict: "uncalibrated", voters: 2, rerunBy: ["me", "x"] })
    const ofAll = (...experiments: Rerunnable[]): ClassFacts => classOf(experiments, { calibrated: false })
    expect(reasons(ofAll(pair, once, twice, failing))).toEqual({ pair: "calibrate" })
    expect(reasons(ofAll(once, twice, failing))).toEqual({ once: "calibrate" })
    expect(reasons(ofAll(once, twice), { heldBack: new Map([["once", 900]]) })).toEqual({ twice: "calibrate" })
    expect(reasons(ofAll(failing))).toEqual({})
    expect(reasons(ofAll(once, experiment("new")))).toEqual({ new: "sample" })
    expect(reasons({ ...ofAll(pair, once), calibrated: true })).toEqual({})
  })

  it.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [3, 1],
    [3, 3],
    [4, 2],
  ])(
    "gets the noise of a class known by %i verifiers of %i states, with few runs more than it takes",
    (keys, states) => {
      const normal = normals(keys)
      const names = Array.from({ length: keys }, (_, n) => `key ${n}`)
      const runs = Array.from({ length: states }, (): Measurement[] => [])
      let made = 0
      while (context(runs).noise === null) {
        for (const key of names) {
          const [first] = due(factsFor(key, runs, names), { key })
          const own = runs[Number(first?.id)]
          if (first === undefined || own === undefined) throw new Error(`${key} has nothing left after ${made} runs`)
          own.push(measured(`${made}`.padStart(3, "0"), key, normal(), "verification", sets(own, key)))
          made++
        }
      }
      expect(made).toBeLessThanOrEqual(8 + 2 * keys + states)
    },
  )

  it("leaves an experiment alone for as long as it is held back", () => {
    const facts = classOf([experiment("failing", { since: 5 })])
    expect(due(facts, { heldBack: new Map([["failing", 900]]) })).toEqual([
      { id: "failing", reason: "sample", at: 900 },
    ])
    expect(due(facts, { heldBack: new Map([["failing", 1]]) })).toMatchObject([{ at: 5 }])
  })

  it("lets no author fill the queue", () => {
    const many = Array.from({ length: 50 }, (_, n) => experiment(`many ${n}`, { author: "busy" }))
    const facts = classOf([...many, experiment("one", { author: "other" })])
    expect(due(facts).findIndex(({ id }) => id === "one")).toBeLessThan(2)
  })

  it("lets keys that are made for it put nobody off for longer than ten patiences", () => {
    const active = Array.from({ length: 500 }, (_, n) => `made ${n}`)
    const facts = classOf([experiment("fabricated", { since: 1_000 })], { active })
    expect(due(facts)[0]?.at).toBeLessThanOrEqual(1_000 + 10 * PATIENCE)
  })

  it("gives ten verifiers with the same facts different records, as many of them as reruns are wanted", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 40, maxLength: 80 }), fc.nat(2), (ids, voters) => {
        const experiments = ids.map((id, n) => experiment(id, { author: `author ${n % 3}`, status: "keep" }))
        const candidates = ids.slice(0, 5)
        const facts = classOf(
          experiments.map((e) => (candidates.includes(e.id) ? { ...e, voters } : e)),
          { candidates, active: TEN },
        )
        const now = TEN.map((key) => due(facts, { key }).filter(({ at }) => at <= 0))
        for (const { id, reason } of now.flat()) {
          const takers = now.filter((list) => list.some((item) => item.id === id)).length
          expect(takers).toBe(reason === "top" ? 2 - voters : 1)
        }
        // Each begins with what is its before all others', so that no two begin with the same.
        const samples = now.flatMap((list) => list.filter(({ reason }) => reason === "sample").slice(0, 1))
        expect(new Set(samples.map(({ id }) => id)).size).toBe(samples.length)
      }),
    )
  })

  it("has every wanted rerun taken by somebody in the end, whoever is offline", () => {
    fc.assert(
      fc.property(anyClass, fc.subarray(TEN, { minLength: 1 }), (facts, online) => {
        const latest = 1_000_000 + 10 * (2 * facts.usualSeconds + 60) * 1000
        for (const key of online) {
          for (const { at } of due(facts, { key })) expect(at).toBeLessThanOrEqual(latest)
        }
        const contested = facts.experiments.filter(
          ({ verdict, status, claimedBy, rerunBy }) =>
            (verdict === "suspect" || verdict === "challenged") &&
            (status === "keep" || status === "discard" || status === "unranked") &&
            online.some((key) => !claimedBy.includes(key) && !rerunBy.includes(key)),
        )
        const taken = new Set(
          online.flatMap((key) => due({ ...facts, baselineSets: null }, { key })).map(({ id }) => id),
        )
        for (const { id } of contested) expect(taken).toContain(id)
      }),
    )
  })

  it("has own experiments due for noise alone, nothing twice, and again only what tells of noise", () => {
    fc.assert(
      fc.property(anyClass, anyKey, (facts, key) => {
        const found = due(facts, { key })
        const byId = new Map(facts.experiments.map((e) => [e.id, e]))
        expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
        const isShort = facts.baselineSets !== null && facts.baselineSets < 2
        for (const { id, reason, at } of found) {
          const { author, isRoot, rerunBy, ownSets = 0, since, status } = byId.get(id) ?? experiment(id)
          expect(["keep", "discard", "unranked"]).toContain(status)
          expect(at).toBeGreaterThanOrEqual(since)
          expect(author !== key || reason === "calibrate").toBe(true)
          const isRepeat = found.every((one) => one.reason === "calibrate") && !facts.calibrated && ownSets > 0
          expect(!rerunBy.includes(key) || (isRoot && isShort) || isRepeat).toBe(true)
        }
      }),
    )
  })

  it("orders by urgency, whatever the order of the facts", () => {
    fc.assert(
      fc.property(anyClass, (facts) => {
        const found = due(facts)
        const order = ["asked", "contested", "baseline", "top", "calibrate", "sample"]
        const urgency = found.map(({ reason }) => order.indexOf(reason))
        expect(urgency).toEqual(urgency.toSorted((a, b) => a - b))
        expect(
          due({ ...facts, experiments: facts.experiments.toReversed(), active: facts.active.toReversed() }),
        ).toEqual(found)
      }),
    )
  })
})
