import { once } from "node:events"
import { setImmediate } from "node:timers/promises"
import { addFolder } from "@spore/records/artifacts"
import type { CandidateProposal } from "@spore/research"
import { makeExperiment, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { bob } from "../verification/support.ts"
import { failing, openScene, proposalOf, scripted, tunable } from "./support.ts"

const LONG = { timeoutMs: 60_000 }

describe("the research loop", { timeout: 120_000 }, () => {
  it("runs the baseline, builds on what is better, and ends at its number of experiments", async () => {
    const proposer = scripted(
      () => proposalOf(tunable(4), "x 4"),
      () => proposalOf(tunable(3.5), "x 3.5"),
    )
    await using scene = await openScene({ createProposer: () => proposer, research: { limits: { maxExperiments: 3 } } })
    const { node, events } = scene
    await until(() => events.some(({ type }) => type === "research_ended"), LONG)
    const rows = await scene.experiments()
    expect(rows.map(({ title, value, status }) => ({ title, value, status }))).toEqual([
      { title: "baseline", value: 4, status: "keep" },
      { title: "x 4", value: 1, status: "keep" },
      { title: "x 3.5", value: 0.25, status: "keep" },
    ])
    expect(rows.map(({ parent }) => parent)).toEqual([null, ...proposer.contexts.map(({ parent }) => parent.id)])
    expect(events).toContainEqual({ type: "research_ended", reason: "max_experiments" })
    const { research, activities } = await node.status()
    expect(research).toMatchObject({ proposer: "scripted", workers: 1, experiments: 3, ended: "max_experiments" })
    expect(activities).toEqual([])
    const shown = events.flatMap((event) =>
      event.type === "activity" && event.activity !== null ? event.activity : [],
    )
    expect(shown.find(({ title, kind }) => title === "x 4" && kind === "experiment")).toMatchObject({
      worker: 0,
      agent: "scripted",
      parent: { id: rows[0]?.id, title: "baseline", reason: "the only candidate" },
    })
    expect(proposer.contexts[0]).toMatchObject({ parent: { title: "baseline", value: 4 }, refused: [], program: null })
    // Mostly the better one; now and then the other.
    expect(["x 4", "baseline"]).toContain(proposer.contexts[1]?.parent.title)
  })

  it("goes on with the tuner where a proposer fails, and asks no more while it is unavailable", async () => {
    const proposer = scripted(failing("proposer_unavailable"))
    await using scene = await openScene({ createProposer: () => proposer })
    const rows = await scene.until(4)
    expect(rows.slice(1).map(({ agent }) => agent)).toEqual(["tuner", "tuner", "tuner"])
    expect(proposer.contexts).toHaveLength(1)
    const { notices } = await scene.node.status()
    expect(notices).toContainEqual({
      code: "proposer_failed",
      message: "scripted: out of order; the tuner proposes for the next 30 min",
      next: "mend it",
    })
  })

  it("does not wait for one that hangs and ignores its signal, neither to go on nor to stop", async () => {
    const hanging = scripted(() => new Promise(() => undefined))
    await using scene = await openScene({ createProposer: () => hanging, research: { proposalSeconds: 0.2 } })
    const rows = await scene.until(2)
    expect(rows[1]).toMatchObject({ agent: "tuner" })

    const patient = scripted(() => new Promise(() => undefined))
    const other = await openScene({ createProposer: () => patient })
    await until(() => patient.contexts.length === 1, LONG)
    expect((await other.node.status()).activities[0]).toMatchObject({ kind: "proposal", title: "scripted", worker: 0 })
    await other[Symbol.asyncDispose]()
    expect(patient.contexts[0]?.signal.aborted).toBe(true)
  })

  it("refuses repetitions and what cannot be run, says why, and lets the tuner propose after a few times", async () => {
    const proposer = scripted(
      () => proposalOf(tunable(5), "nothing"),
      () => ({ ...proposalOf(tunable(4)), files: new Map([["evaluate.mjs", new Uint8Array()]]) }),
      () => proposalOf("console.log(", "half a program"),
    )
    await using scene = await openScene({ createProposer: () => proposer })
    const rows = await scene.until(2)
    expect(rows[1]).toMatchObject({ agent: "tuner" })
    expect(rows.some(({ title }) => title === "half a program")).toBe(false)
    expect(proposer.contexts[2]?.refused.map(({ reason }) => reason)).toEqual([
      "it changes nothing of its parent but white space",
      '"evaluate.mjs" may not be changed: only candidate.mjs',
    ])
  })

  it("refuses the code of an experiment that is known, whatever its parent", async () => {
    const proposer = scripted(
      () => proposalOf("console.log(4)", "x 4"),
      () => proposalOf(tunable(5), "back to the baseline"),
      () => proposalOf("console.log(2.5)", "x 2.5"),
    )
    // Always the best parent: from the baseline, this is too much like what came of it before.
    await using scene = await openScene({ createProposer: () => proposer, random: { next: () => 0 } })
    const rows = await scene.until(3)
    expect(rows[2]).toMatchObject({ title: "x 2.5" })
    expect(proposer.contexts[2]?.refused).toEqual([
      { title: "back to the baseline", reason: "the same code was run in this hardware class already" },
    ])
  })

  it("waits quietly where there is nothing to try", async () => {
    await using scene = await openScene({}, { baseline: "console.log(5)" })
    const { node } = scene
    await until(async () => (await node.status()).notices.some(({ code }) => code === "nothing_to_try"), LONG)
    expect(await scene.experiments()).toHaveLength(1)
  })

  it("counts what proposals cost, over runs, and ends at the limit of this one", async () => {
    const usage = { requests: 1, inputTokens: 100, outputTokens: 20, costUsd: 0.5, seconds: 1 }
    const limits = { maxCostUsd: 0.8 }
    const first = await openScene({
      createProposer: (host) =>
        scripted(
          () => (host.onUsage(usage), proposalOf(tunable(4), "x 4")),
          () => (host.onUsage(usage), proposalOf(tunable(3), "x 3")),
        ),
      research: { limits },
    })
    await until(() => first.events.some(({ type }) => type === "research_ended"), LONG)
    // What was paid for is run before the end.
    expect((await first.experiments()).map(({ title }) => title)).toEqual(["baseline", "x 4", "x 3"])
    const { research } = await first.node.status()
    expect(research).toMatchObject({ ended: "max_cost", spent: { costUsd: 1, inputTokens: 200, requests: 2 } })
    await first.node.stop()
    await using again = await openScene({ research: { limits } }, { folder: first.folder })
    const later = (await again.node.status()).research
    expect(later).toMatchObject({ ended: null, spent: { costUsd: 0 }, spentInAll: { costUsd: 1, requests: 2 } })
  })

  it("asks no more once its money is spent, though all that it paid for was refused", async () => {
    const usage = { requests: 1, inputTokens: 100, outputTokens: 20, costUsd: 0.5, seconds: 1 }
    const left: unknown[] = []
    await using scene = await openScene({
      createProposer: (host) => {
        const ask = (): CandidateProposal => {
          left.push(host.remaining?.())
          host.onUsage(usage)
          return proposalOf(tunable(5), "nothing")
        }
        return scripted(ask, ask, ask, ask)
      },
      research: { limits: { maxCostUsd: 0.75, maxTokens: 1000 } },
    })
    await until(() => scene.events.some(({ type }) => type === "research_ended"), LONG)
    expect(scene.events).toContainEqual({ type: "research_ended", reason: "max_cost" })
    expect(left).toEqual([
      { costUsd: 0.75, tokens: 1000 },
      { costUsd: 0.25, tokens: 880 },
    ])
    expect(await scene.experiments()).toHaveLength(1)
  })

  it("keeps what an attempt took that is ended by the stop", async () => {
    const usage = { requests: 1, inputTokens: 100, outputTokens: 20, costUsd: 0.5, seconds: 1 }
    let isAsked = false
    const first = await openScene({
      createProposer: (host) => ({
        name: "slow",
        propose: async ({ signal }) => {
          isAsked = true
          await once(signal, "abort")
          await setImmediate()
          host.onUsage(usage)
          throw new Error("stopped")
        },
      }),
    })
    await until(() => isAsked, LONG)
    await first.node.stop()
    await using again = await openScene({}, { folder: first.folder })
    expect((await again.node.status()).research?.spentInAll).toMatchObject({ costUsd: 0.5, requests: 1 })
    await first[Symbol.asyncDispose]()
  })

  it("is not held up by claims of the best with code that nobody has, or of another form", async () => {
    const proposer = scripted(...[4, 3.5].map((x) => () => proposalOf(tunable(x), `x ${x}`)))
    await using scene = await openScene(
      { createProposer: () => proposer, research: { limits: { maxExperiments: 3 } } },
      {
        peers: async (node, task) => {
          const root = makeExperiment(bob, { task, score: 4 })
          const folder = await addFolder(node.artifacts, new Map([["other.mjs", new Uint8Array()]]))
          const codes = ["unserved 1", "unserved 2", "unserved 3", folder]
          return [root, ...codes.map((code) => makeExperiment(bob, { task, parent: root, code, score: 0 }))]
        },
      },
    )
    await until(() => scene.events.some(({ type }) => type === "research_ended"), LONG)
    const own = (await scene.experiments()).filter(({ title }) => title.startsWith("x "))
    expect(own.map(({ title }) => title)).toEqual(["x 4", "x 3.5"])
    expect(scene.events).toContainEqual({ type: "research_ended", reason: "max_experiments" })
    const { notices } = await scene.node.status()
    expect(notices.filter(({ code }) => code === "job_failed" || code === "nothing_to_try")).toEqual([])
  })

  it("ends at a time, whatever a proposer does then", async () => {
    const proposer = scripted(() => new Promise(() => undefined))
    await using scene = await openScene({
      createProposer: () => proposer,
      research: { limits: { until: Date.now() + 4_000 } },
    })
    await until(() => scene.events.some(({ type }) => type === "research_ended"), LONG)
    expect(scene.events).toContainEqual({ type: "research_ended", reason: "until" })
  })

  it("has its workers try different things side by side", async () => {
    let x = 4
    await using scene = await openScene({
      createProposer: () => ({ name: "many", propose: async () => proposalOf(`console.log(${(x += 0.5)})`) }),
      research: { workers: 3, limits: { maxExperiments: 7 } },
    })
    const { events } = scene
    await until(() => events.some(({ type }) => type === "research_ended"), LONG)
    const rows = await scene.experiments()
    expect(rows).toHaveLength(7)
    expect(new Set(rows.map(({ code }) => code)).size).toBe(7)
    const workers = new Set(events.flatMap((event) => (event.type === "activity" ? [event.worker] : [])))
    expect(workers).toEqual(new Set([0, 1, 2]))
  })
})
