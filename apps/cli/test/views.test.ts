import { expect, test } from "vitest"
import { formatClock } from "../src/output/format.ts"
import { createCounter } from "../src/run/counter.ts"
import { createFeed } from "../src/run/feed.ts"
import { createJsonView } from "../src/run/json-view.ts"
import { createLinesView } from "../src/run/lines-view.ts"
import type { RunEvent } from "../src/run/run-event.ts"
import { fakeNode, sampleFacts } from "./support/facts.ts"
import { checkFields, documented } from "./support/json-docs.ts"
import { jsonObject, like } from "./support/match.ts"

const SPENT = { requests: 4, inputTokens: 3000, outputTokens: 200, costUsd: 0.5, seconds: 9, unpriced: 0 }
const RESEARCH = {
  proposer: "groq a-model",
  workers: 3,
  experiments: 2,
  limits: { maxExperiments: 10, maxCostUsd: 5, maxTokens: null, until: 3_600_000 },
  spent: SPENT,
  spentInAll: SPENT,
  ended: null,
  claims: [],
}

/** One event of every type. */
async function everyEvent(): Promise<RunEvent[]> {
  await using facts = await sampleFacts()
  const events: RunEvent[] = []
  const feed = createFeed({
    node: fakeNode(facts, { research: RESEARCH }).node,
    onEvent: (event) => events.push(event),
    onError: () => undefined,
  })
  await feed.ready("http://localhost:8470")
  const [ready] = events
  const [rerun] = await facts.store.reruns(facts.better.id)
  const task = await facts.store.task(facts.task.id)
  if (ready?.type !== "ready" || rerun === undefined || task === undefined) throw new Error("the sample is complete")
  const { research } = ready
  if (research === null) throw new Error("the sample does research")
  const [, better, worse] = ready.recent
  if (better === undefined || worse === undefined) throw new Error("the sample has experiments")
  const activity = {
    kind: "experiment" as const,
    worker: 0,
    parent: { id: better.row.id, title: "evil\u001b[2J", reason: "the best so far" },
    agent: "tuner",
    task: task.id,
    taskName: task.name,
    title: "evil \u001b[2J\u202etitle",
    experiment: null,
    startedAt: 1000,
    progress: { fraction: 0.5, loss: 2.5, remainingSeconds: 3 },
  }
  const peer = {
    nodeId: "12D3KooWAbCdEfGhIj",
    address: "/ip4/1.2.3.4/tcp/5",
    direction: "inbound" as const,
    connectedAt: 0,
    relayed: false,
    latencyMs: null,
    score: 0,
    agent: null,
    carries: null,
    relays: false,
    reserved: false,
    sync: { running: false, syncedAt: null, complete: false, received: 0, sent: 0, failure: null },
  }
  const control = {
    seq: 1,
    id: "bafyreicontrol",
    kind: "challenge" as const,
    experiment: better.row.id,
    task: task.id,
    author: facts.verifier,
    authorName: null,
    created: 1,
    evidence: [],
    outcome: null,
  }
  const counter = createCounter(0, facts.dataDir)
  const all: RunEvent[] = [
    ready,
    { type: "started", activity },
    { type: "progress", activity },
    { type: "started", activity: { ...activity, kind: "proposal", worker: 2, title: "groq a-model" } },
    { type: "started", activity: { ...activity, kind: "proposal", title: "tuner" } },
    { type: "idle", worker: 0 },
    { type: "experiment", experiment: better },
    { type: "experiment", experiment: { ...worse, own: false } },
    { type: "rerun", rerun, experiment: better, own: true },
    { type: "control", control, experiment: better },
    { type: "task", task },
    { type: "synced", facts: 50 },
    { type: "place", place: ready.place, verifyQueue: 2, research: ready.research },
    { type: "peer", change: "connected", peer },
    { type: "peers", peers: [peer], addresses: [] },
    { type: "notice", notice: { code: "c", message: "mind this", next: "do that" } },
    { type: "research_ended", reason: "until", research: { ...research, ended: "until" } },
    { type: "stopping" },
  ]
  for (const event of all) counter.count(event)
  return [...all, { type: "stopped", summary: counter.summary(60_000) }]
}

test("plain lines: one per event with its time, and none that a terminal would act on", async () => {
  const lines: string[] = []
  const view = createLinesView(
    (line) => lines.push(line),
    () => new Date(0),
  )
  for (const event of await everyEvent()) view.show(event)
  for (const line of lines) {
    expect(line).toMatch(/^1970-01-01T00:00:00Z \S/)
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
  }
  const text = lines.map((line) => line.slice(21)).join("\n")
  expect(text).toContain("explorer http://localhost:8470")
  expect(text).toContain(
    `research by groq a-model, 3 workers, at most 10 experiments, at most $5.00, until ${formatClock(3_600, 0)}`,
  )
  expect(text).toMatch(/started experiment of sample: evil title, by tuner, on \S{8} evil: the best so far/)
  expect(text).toMatch(/worker 2: started asking groq a-model what to try on sample, on \S{8} evil: the best so far/)
  expect(text).not.toContain("asking tuner")
  expect(text).toContain("research ended: its time is over")
  // Only a stop before that gives anything up.
  expect(text).not.toContain("stopping")
  expect(text).toMatch(/\nnext: spore graph --task sample$/)
  expect(text).toMatch(/finished \S{8} of sample, keep: more units, loss 40\.0000, gain \+20\.0 % on the baseline/)
  expect(text).toMatch(/from \S{8} \S{8} of sample, discard: fewer units, loss 60\.0000/)
  expect(text).toMatch(
    /rerun of \S{8} of sample by this node: loss 40\.0000 \(claim 40\.0000\), reproduced 1\/1: more units/,
  )
  expect(text).toMatch(/claim \S{8} of sample challenged by \S{8}, .*; it is reproduced 1\/1: more units/)
  expect(text).toContain("peer connected: AbCdEfGh at /ip4/1.2.3.4/tcp/5")
  expect(text).toContain("notice: mind this; next: do that")
  expect(text).toContain(
    "stopped after 1 min 0 s: 1 experiment (1 kept) and 1 rerun for $0.50, 3.2k tokens in this run",
  )
})

test("plain lines: an update is not told as a stop", async () => {
  const lines: string[] = []
  const view = createLinesView(
    (line) => lines.push(line),
    () => new Date(0),
  )
  const message = "This node ends now and goes on as version 1.1.0."
  const stopped = (await everyEvent()).at(-1)
  if (stopped === undefined) throw new Error("a run ends")
  view.show({ type: "notice", notice: { code: "update_switching", message, next: null } })
  view.show({ type: "stopping" })
  view.show(stopped)
  expect(lines.map((line) => line.slice(21))).toEqual([
    `notice: ${message}`,
    like(/^ended for the other version after 1 min 0 s: 1 experiment/),
  ])
})

test("JSON: one object per event, with the words of the API", async () => {
  const lines: string[] = []
  let now = 5_000
  const view = createJsonView(
    (line) => lines.push(line),
    () => now,
  )
  const events = await everyEvent()
  for (const event of events) view.show(event)
  const objects = lines.map(jsonObject)
  expect(objects.map(({ type }) => type)).toEqual(events.map(({ type }) => type))
  const tables = await documented()
  for (const { type, at, ...fields } of objects) {
    expect(at).toBe(5)
    if (type !== "stopping") checkFields(tables, String(type), fields, String(type))
  }
  expect(objects[0]).toMatchObject({ mode: "research", url: "http://localhost:8470", place: { task_name: "sample" } })
  expect(objects[1]).toMatchObject({ kind: "experiment", title: "evil \u001b[2J\u202etitle", started_at: 1 })
  expect(objects[1]).toMatchObject({ worker: 0, agent: "tuner", parent: { reason: "the best so far" } })
  expect(objects.find(({ type }) => type === "idle")).toEqual({ type: "idle", at: 5, worker: 0 })
  expect(objects.find(({ type }) => type === "place")).toMatchObject({
    research: { workers: 3, spent: { requests: 4 } },
  })
  expect(objects.find(({ type }) => type === "research_ended")).toMatchObject({
    reason: "until",
    research: { ended: "until", limits: { until: 3600 } },
  })
  expect(objects.find(({ type }) => type === "experiment")).toMatchObject({
    own: true,
    baseline: 50,
    experiment: { title: "more units", keep_ancestor: like("") },
  })
  expect(objects.at(-1)).toMatchObject({
    experiments: 1,
    kept: 1,
    reruns: 1,
    seconds: 60,
    research: { ended: "until" },
  })

  lines.length = 0
  const progress = events[2]
  if (progress?.type !== "progress") throw new Error("the third event is progress")
  for (let i = 0; i < 10; i++) {
    now += 250
    view.show(progress)
  }
  expect(lines).toHaveLength(2)
  // Each worker is told of in its own time.
  view.show({ type: "progress", activity: { ...progress.activity, worker: 1 } })
  expect(lines).toHaveLength(3)
})
