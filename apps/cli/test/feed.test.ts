import { setImmediate } from "node:timers/promises"
import type { Peer } from "@spore/node"
import { makeChallenge, makeExperiment, testIdentity, until } from "@spore/testkit"
import { expect, test } from "vitest"
import { createFeed } from "../src/run/feed.ts"
import type { RunEvent } from "../src/run/run-event.ts"
import { fakeNode, type SampleFacts, sampleFacts } from "./support/facts.ts"

const PEER: Peer = {
  nodeId: "12D3KooWPeer",
  address: "/ip4/1.2.3.4/tcp/1",
  direction: "outbound",
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

function collect(
  facts: SampleFacts,
): { events: RunEvent[]; feed: ReturnType<typeof createFeed> } & ReturnType<typeof fakeNode> {
  const events: RunEvent[] = []
  const fake = fakeNode(facts)
  const feed = createFeed({
    node: fake.node,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      throw error
    },
  })
  return { events, feed, ...fake }
}

test("begins with what earlier runs found, oldest first", async () => {
  await using facts = await sampleFacts()
  const { events, feed } = collect(facts)
  await feed.ready("http://localhost:1")
  const [ready] = events
  if (ready?.type !== "ready") throw new Error("the first event is ready")
  expect(ready.url).toBe("http://localhost:1")
  expect(ready.recent.map(({ row }) => row.title)).toEqual(["baseline", "more units", "fewer units"])
  expect(ready.recent[1]).toMatchObject({ baseline: 50, parentValue: 50, own: true, goal: "minimize", metric: "loss" })
  expect(ready.place).toMatchObject({ hardwareClass: "x64", standing: { experiments: 3, baseline: 50 } })
})

test("tells facts with what they are compared with, in the order they came", async () => {
  await using facts = await sampleFacts("task")
  const { events, feed, emit } = collect(facts)
  await feed.ready("http://localhost:1")
  const { task, baseline, better, worse, rerun } = facts
  await facts.store.ingest([baseline, better, worse, rerun])
  for (const { id, kind } of [task, baseline, better, worse, rerun]) {
    emit({ type: "fact", seq: 0, id, kind, task: kind === "task" ? null : task.id })
  }
  await until(() => events.at(-1)?.type === "place" && events.some(({ type }) => type === "rerun"))
  const told = events.filter(({ type }) => type !== "place")
  expect(told.map(({ type }) => type)).toEqual(["ready", "task", "experiment", "experiment", "experiment", "rerun"])
  expect(told[5]).toMatchObject({ own: false, experiment: { row: { title: "more units", voters: 1 } } })
  await feed.stop()
})

test("tells challenges with the claim they are about", async () => {
  await using facts = await sampleFacts()
  const { task, better, rerun } = facts
  const challenge = makeChallenge(testIdentity(2), { task, experiment: better, evidence: [rerun] })
  await facts.store.ingest([challenge])
  const { events, feed, emit } = collect(facts)
  await feed.ready("http://localhost:1")
  emit({ type: "fact", seq: 0, id: challenge.id, kind: "challenge", task: task.id })
  await until(() => events.some(({ type }) => type === "control"))
  expect(events.find(({ type }) => type === "control")).toMatchObject({
    control: { kind: "challenge" },
    experiment: { row: { title: "more units" } },
  })
  await feed.stop()
})

test("tells of several workers, and of the end when all that was found is told", async () => {
  await using facts = await sampleFacts("task")
  const { events, feed, emit } = collect(facts)
  await feed.ready("http://localhost:1")
  const activity = (worker: number, title: string) => ({
    kind: "experiment" as const,
    worker,
    parent: null,
    agent: "tuner",
    task: facts.task.id,
    taskName: "sample",
    title,
    experiment: null,
    startedAt: 5,
    progress: null,
  })
  const show = (worker: number, title: string | null): void =>
    emit({ type: "activity", worker, activity: title === null ? null : activity(worker, title) })
  show(0, "a")
  show(1, "a")
  show(0, "a")
  show(1, null)
  const told = events.flatMap((event) => {
    if (event.type === "idle") return [`idle ${event.worker}`]
    return event.type === "started" || event.type === "progress" ? [`${event.type} ${event.activity.worker}`] : []
  })
  expect(told).toEqual(["started 0", "started 1", "progress 0", "idle 1"])

  const { task, baseline } = facts
  await facts.store.ingest([baseline])
  const seq = await facts.store.lastSeq()
  emit({ type: "research_ended", reason: "max_experiments" })
  // The node hears of its own fact some turns later.
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  expect(events.map(({ type }) => type)).not.toContain("research_ended")
  emit({ type: "fact", seq, id: baseline.id, kind: "experiment", task: task.id })
  await until(() => events.some(({ type }) => type === "research_ended"))
  const types = events.map(({ type }) => type)
  expect(types.indexOf("experiment")).toBeGreaterThan(0)
  expect(types.indexOf("research_ended")).toBeGreaterThan(types.indexOf("experiment"))
  expect(events.find(({ type }) => type === "research_ended")).toMatchObject({ reason: "max_experiments" })
  await feed.stop()
})

test("tells many facts at once as a number", async () => {
  await using facts = await sampleFacts()
  const { task, baseline } = facts
  const many = Array.from({ length: 60 }, (_, i) =>
    makeExperiment(testIdentity(3), { task, parent: baseline, score: 45, code: `code ${i}` }),
  )
  await facts.store.ingest(many)
  const { events, feed, emit } = collect(facts)
  for (const { id, kind } of many) emit({ type: "fact", seq: 0, id, kind, task: task.id })
  await feed.ready("http://localhost:1")
  await until(() => events.some(({ type }) => type === "place"))
  const [, synced] = events
  expect(events.map(({ type }) => type)).toEqual(["ready", "synced", "place"])
  if (synced?.type !== "synced") throw new Error("the second event is synced")
  // Those that `ready` told already are left out.
  expect(synced.facts).toBe(60 - 8)
  await feed.stop()
})

test("tells a job's start once, then its progress, and peers that come and go", async () => {
  await using facts = await sampleFacts()
  const { events, feed, emit } = collect(facts)
  const activity = {
    kind: "experiment" as const,
    worker: 0,
    parent: null,
    agent: "tuner",
    task: facts.task.id,
    taskName: "sample",
    title: "t",
    experiment: null,
    startedAt: 5,
    progress: null,
  }
  emit({ type: "peers", peers: [PEER] })
  emit({ type: "activity", worker: 0, activity })
  expect(events).toEqual([])
  await feed.ready("http://localhost:1")
  emit({
    type: "activity",
    worker: 0,
    activity: { ...activity, progress: { fraction: 0.5, loss: 1, remainingSeconds: 2 } },
  })
  emit({ type: "activity", worker: 0, activity: null })
  emit({ type: "peers", peers: [] })
  emit({ type: "notice", notice: { code: "c", message: "m", next: null } })
  expect(events.map((event) => (event.type === "peer" ? `peer ${event.change}` : event.type))).toEqual([
    "ready",
    "peer connected",
    "peers",
    "started",
    "progress",
    "idle",
    "peer lost",
    "peers",
    "notice",
  ])
  await feed.stop()
})
