import { type GraphRow, type Validity } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { legacyCodeLink, type LegacyObject, openLegacy } from "../src/index.ts"
import { wireOf } from "./fixtures.ts"
import {
  alice,
  bob,
  carol,
  check,
  CODE,
  control,
  experiment,
  keyOf,
  manifest,
  nodeOf,
  OTHER,
  projection,
  rows,
} from "./made.ts"

describe("experiments", () => {
  test("a root makes a task of its own", () => {
    const root = experiment()
    expect(check(root)).toEqual({ state: "valid", task: root.id, experiment: root.id })
    expect(rows(root)).toMatchObject([
      {
        table: "task",
        standing: 1,
        info: {
          id: root.id,
          name: `legacy-${root.id.slice(0, 8)}`,
          author: nodeOf(alice),
          created: 1760000000,
          body: null,
          terms: {
            metric: { name: "val_bpb", goal: "minimize" },
            replay: { mode: "noisy", absTol: 0.002, replicates: 1, seeds: [] },
            budget: { type: "wall", value: 300 },
            classKeys: ["accelerator"],
          },
        },
      },
      {
        table: "experiment",
        task: root.id,
        parent: null,
        code: legacyCodeLink(CODE),
        class: "RTX_4090",
        outcome: "ok",
        scores: [1.25],
        title: "first line",
        hypothesis: "h",
        agent: "m",
        seconds: 300,
        claimedStatus: "keep",
      },
    ])
  })

  test("a child follows its parent's task; an orphan is stored at once, and moves when its parent comes", () => {
    const root = experiment()
    const child = experiment({ parent: root.id, val_bpb: 1 })
    const grandchild = experiment({ parent: child.id, val_bpb: 0.9 })
    expect(check(grandchild)).toEqual({ state: "valid", task: child.id, experiment: grandchild.id })
    expect(check(grandchild, [child])).toMatchObject({ task: root.id })
    expect(check(grandchild, [child, root])).toMatchObject({ task: root.id })
    expect(rows(grandchild)).toMatchObject([{ standing: 0, info: { id: child.id } }, { parent: child.id }])
    expect(projection.head(child)).toEqual({ author: nodeOf(alice), created: 1760000000, links: [root.id] })
  })

  test("what children say of their task depends on nothing but its id", () => {
    const root = experiment()
    const children = [
      experiment({ parent: root.id, time_budget: 60n, description: "x" }),
      experiment({ parent: root.id, gpu_model: "H100" }, bob),
    ]
    const [first, second] = children.map((child) => rows(child, [root])[0])
    expect(first).toEqual(second)
    expect(first).toMatchObject({ standing: 0, info: { author: null, created: null } })
  })

  test("a signed task is taken, and waited for by nobody", () => {
    const task = manifest({ goal: "maximize", name: "", metric: "accuracy" })
    const root = experiment({ task_id: task.id })
    expect(check(root)).toEqual({ state: "valid", task: task.id, experiment: root.id })
    expect(projection.head(root).links).toEqual([task.id])
    expect(rows(task)).toMatchObject([
      {
        standing: 2,
        info: {
          id: task.id,
          name: `legacy-${task.id.slice(0, 8)}`,
          description: "d",
          author: nodeOf(alice),
          terms: { metric: { name: "accuracy", goal: "maximize" } },
        },
      },
    ])
  })

  test("tasks are the same whatever the order of arrival", () => {
    const root = experiment()
    const a = experiment({ parent: root.id, val_bpb: 1 })
    const b = experiment({ parent: a.id, val_bpb: 0.9 }, bob)
    const c = experiment({ parent: OTHER }, carol)
    const rerun = control("legacy_verification", bob, a.id)
    const all = [root, a, b, c, rerun]
    const state = (objects: readonly LegacyObject[]): [string, Validity, readonly GraphRow[]][] =>
      all.map((object) => [object.id, check(object, objects), rows(object, objects)])
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(state(shuffled)).toEqual(state(all))
      }),
      { numRuns: 30 },
    )
  })

  test("a crash carries no score; code that is no hash is kept as it is", () => {
    expect(rows(experiment({ status: "crash", val_bpb: 0 }))[1]).toMatchObject({
      outcome: "crash",
      scores: [],
      claimedStatus: "crash",
    })
    expect(rows(experiment({ code_cid: "abc" }))[1]).toMatchObject({ code: "abc" })
  })

  test("text that a database or a list cannot hold is cut", () => {
    const [, row] = rows(experiment({ description: `a\u0000${"é".repeat(500)}`, hypothesis: "😀".repeat(5000) }))
    if (row?.table !== "experiment") throw new Error("expected an experiment")
    expect(row.title.startsWith("a\uFFFDé")).toBe(true)
    expect(Buffer.byteLength(row.title)).toBeLessThanOrEqual(256)
    expect(Buffer.byteLength(row.hypothesis)).toBeLessThanOrEqual(8192)
    expect(row.hypothesis.isWellFormed()).toBe(true)
  })
})

describe("control events and profiles", () => {
  const root = experiment()

  test("a rerun waits for its experiment, and is its signer's measurement", () => {
    const rerun = control("legacy_verification", bob, root.id)
    expect(check(rerun)).toEqual({ state: "missing", id: root.id })
    expect(check(rerun, [root])).toEqual({ state: "valid", task: root.id, experiment: root.id })
    expect(projection.head(rerun)).toEqual({ author: nodeOf(bob), created: 1760000001, links: [root.id] })
    expect(rows(rerun, [root])).toEqual([
      {
        table: "rerun",
        kind: "verification",
        experiment: root.id,
        class: "RTX_4090",
        outcome: "ok",
        scores: [1.2501],
        replicates: [0],
      },
    ])
    const response = control("legacy_challenge_response", bob, root.id, { challenger_id: keyOf(alice) })
    expect(rows(response, [root])).toMatchObject([{ kind: "challenge_response", scores: [1.2501] }])
  })

  test("challenges and disputes are control rows without evidence", () => {
    const challenge = control("legacy_challenge", bob, root.id)
    const about = { table: "control", experiment: root.id, evidence: [] }
    expect(rows(challenge, [root])).toEqual([{ ...about, kind: "challenge", outcome: null }])
    const outcomes = ["upheld", "rejected", "whatever"].map((outcome) =>
      rows(control("legacy_dispute", bob, root.id, { outcome }), [root]),
    )
    expect(outcomes).toEqual([
      [{ ...about, kind: "dispute", outcome: "upheld" }],
      [{ ...about, kind: "dispute", outcome: "rejected" }],
      [{ ...about, kind: "dispute", outcome: "inconclusive" }],
    ])
  })

  test("what an event is about must be an experiment", () => {
    const task = manifest()
    expect(check(control("legacy_challenge", bob, task.id), [task])).toMatchObject({ state: "invalid" })
  })

  test("profiles", () => {
    const profile = openLegacy(wireOf("unicode"))
    expect(rows(profile)).toEqual([
      {
        table: "profile",
        displayName: "😀שלום\u202e",
        bio: "\uFFFD\u007f\u2028",
        website: "https://x.example",
        avatarUrl: "",
        donationAddress: "",
      },
    ])
    expect(check(profile)).toEqual({ state: "valid", task: null, experiment: null })
  })
})
