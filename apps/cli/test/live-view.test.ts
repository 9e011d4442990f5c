import { expect, test } from "vitest"
import type { Activity, NodeStatus, ResearchStatus } from "@spore/node"
import { createLiveView } from "../src/live/live-view.ts"
import { entriesShown } from "../src/live/region.ts"
import { textWidth } from "../src/output/text-width.ts"
import { createCounter } from "../src/run/counter.ts"
import { createFeed } from "../src/run/feed.ts"
import type { RunEvent, RunView } from "../src/run/run-event.ts"
import { fakeNode, type SampleFacts, sampleFacts } from "./support/facts.ts"
import { type FakeTerminal, fakeTerminal } from "./support/terminal.ts"

interface Shown {
  view: RunView
  terminal: FakeTerminal
  tick(): void
  ready: Extract<RunEvent, { type: "ready" }>
}

/** A live view that has been told the sample's `ready`. */
async function shown(facts: SampleFacts, columns = 80, rows = 24, status: Partial<NodeStatus> = {}): Promise<Shown> {
  const terminal = fakeTerminal(columns, rows)
  let tick = (): void => undefined
  const view = createLiveView({
    output: terminal.output,
    now: () => 10_000,
    everyTick: (callback) => {
      tick = callback
      return () => undefined
    },
  })
  let ready: RunEvent | undefined
  const feed = createFeed({
    node: fakeNode(facts, status).node,
    onEvent: (event) => {
      ready = event
      view.show(event)
    },
    onError: () => undefined,
  })
  await feed.ready("http://localhost:8470")
  if (ready?.type !== "ready") throw new Error("the first event is ready")
  tick()
  return { view, terminal, tick: () => tick(), ready }
}

function activityOf(facts: SampleFacts, progress: Activity["progress"] = null): Activity {
  return {
    kind: "experiment",
    worker: 0,
    parent: null,
    agent: "tuner",
    task: facts.task.id,
    taskName: "sample",
    title: "wider \u001b[2Jlayer",
    experiment: null,
    startedAt: 4_000,
    progress,
  }
}

test.each([
  [80, 24],
  [120, 40],
  [40, 16],
])("every line fits a terminal of %i columns", async (columns, rows) => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts, columns, rows)
  view.show({ type: "notice", notice: { code: "c", message: "word ".repeat(60), next: "do ".repeat(50) } })
  view.show({ type: "started", activity: activityOf(facts, { fraction: 0.5, loss: 2.5, remainingSeconds: 70 }) })
  tick()
  const all = terminal.lines()
  const lines = all.slice(all.findIndex((line) => line.startsWith("  result")))
  expect(lines.filter((line) => textWidth(line) >= columns)).toEqual([])
  const text = lines.join("\n")
  expect(text).toContain("50 %")
  expect(text).toContain("explorer http://localhost:8470")
  view.close()
})

test("shows title, job, results, best and peers", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts, 100, 30)
  view.show({ type: "started", activity: activityOf(facts) })
  tick()
  const text = terminal.lines().join("\n")
  expect(text).toMatch(/● keep +\S{8} +baseline +50\.0000/)
  expect(text).toMatch(/● keep +\S{8} +more units +40\.0000 +\+20\.0 %/)
  expect(text).toMatch(/○ discard +\S{8} +fewer units +60\.0000 +−20\.0 %/)
  expect(text).toMatch(/spore \S{8} · research · sample · x64 · bubblewrap/)
  expect(text).toContain("experiment of sample: wider layer")
  expect(text).toContain("preparing, 6 s")
  expect(text).toMatch(/best loss 40\.0000 {2}gain \+20\.0 % on baseline 50\.0000/)
  expect(text).toContain("3 experiments  ·  2 nodes")
  expect(text).toContain("no peers")
  view.close()
})

test("progress rewrites its own line alone", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts)
  view.show({ type: "started", activity: activityOf(facts, { fraction: 0.1, loss: 3, remainingSeconds: 9 }) })
  tick()
  terminal.taken()
  view.show({ type: "progress", activity: activityOf(facts, { fraction: 0.2, loss: 2.9, remainingSeconds: 8 }) })
  tick()
  const written = terminal.taken()
  expect(written).toContain("20 %  loss 2.9000  8 s left")
  expect(written).not.toMatch(/explorer|best|spore/)
  tick()
  expect(terminal.taken()).toBe("")
  view.close()
})

test("results that leave the region stay above it, each once and in order", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick, ready } = await shown(facts)
  const [, sample] = ready.recent
  if (sample === undefined) throw new Error("the sample has experiments")
  const titles = Array.from({ length: 20 }, (_, i) => `change ${i}`)
  for (const title of titles) {
    view.show({ type: "experiment", experiment: { ...sample, row: { ...sample.row, title } } })
    tick()
  }
  const lines = terminal.lines()
  const found = lines.flatMap((line) => /change \d+/.exec(line)?.[0] ?? [])
  expect(found).toEqual(titles)
  const title = lines.findIndex((line) => line.startsWith("spore "))
  expect(lines.slice(title - 1 - entriesShown(24, null), title - 1).every((line) => line.includes("change"))).toBe(true)
  view.close()
})

test("a peer's rerun changes the line of a result that is still shown, and has its own later", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick, ready } = await shown(facts, 110, 24)
  const experiment = ready.recent[1]
  const [rerun] = await facts.store.reruns(facts.better.id)
  if (experiment === undefined || rerun === undefined) throw new Error("the sample has a rerun")
  const verified = {
    ...experiment,
    row: { ...experiment.row, verdict: "reproduced" as const, reproducedBy: 2, voters: 2 },
  }
  view.show({ type: "rerun", rerun, experiment: verified, own: false })
  tick()
  expect(terminal.lines().filter((line) => line.includes("more units"))).toEqual([
    expect.stringMatching(/● keep .* reproduced 2\/2$/),
  ])
  const other = { ...verified, row: { ...verified.row, id: "bafyreiother", title: "older" } }
  view.show({ type: "rerun", rerun, experiment: other, own: false })
  tick()
  expect(terminal.lines().find((line) => line.includes("older"))).toMatch(
    /✓ rerun .* sample: older \(\S{8}\) .* reproduced 2\/2$/,
  )
  view.close()
})

test("says why a result was discarded that is better, and how well a value is known", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick, ready } = await shown(facts, 120, 40)
  const [, sample] = ready.recent
  if (sample === undefined) throw new Error("the sample has experiments")
  const row = { ...sample.row, status: "discard" as const, voters: 0, verdict: "unverified" as const, title: "a hair" }
  view.show({ type: "experiment", experiment: { ...sample, parentValue: 40.0005, row } })
  view.show({ type: "experiment", experiment: { ...sample, row: { ...sample.row, title: "measured", error: 0.0123 } } })
  tick()
  const lines = terminal.lines()
  expect(lines.find((line) => line.includes("a hair"))).toMatch(/○ discard .* 40\.0000 .* below least gain$/)
  expect(lines.find((line) => line.includes("measured"))).toMatch(/ 40\.000 ± 0\.012 .* reproduced 1\/1$/)
  view.close()
})

test.each([60, 80, 110, 130])("the headings of %i columns are whole", async (columns) => {
  await using facts = await sampleFacts()
  const { view, terminal } = await shown(facts, columns, 30)
  const heading = terminal.lines().find((line) => line.startsWith("  result"))
  expect(heading).toMatch(/^ +result +id +title +loss( +gain)?( +on parent)?( +state)?$/)
  expect(heading).not.toContain("…")
  view.close()
})

test("a task of another metric gets a heading of its own, below what was shown before", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick, ready } = await shown(facts, 100, 30)
  const { place } = ready
  if (place === null) throw new Error("the sample has a task")
  const metric = { ...place.task.terms.metric, name: "accuracy" }
  const other = { ...place, task: { ...place.task, terms: { ...place.task.terms, metric } } }
  for (const moved of [place, other, other]) view.show({ type: "place", place: moved, verifyQueue: 0, research: null })
  tick()
  const lines = terminal.lines()
  const headings = lines.flatMap((line, i) => (line.startsWith("  result") ? [i] : []))
  expect(headings.map((i) => lines[i])).toEqual([expect.stringContaining("loss"), expect.stringContaining("accuracy")])
  expect(lines.slice(...headings).some((line) => line.includes("baseline"))).toBe(true)
  view.close()
})

/** What a status says of research with a model. */
function researchOf(parent: string, change: Partial<ResearchStatus> = {}): ResearchStatus {
  const spent = { requests: 14, inputTokens: 1_100_000, outputTokens: 90_000, costUsd: 0.42, seconds: 60, unpriced: 0 }
  return {
    proposer: "groq a-model",
    workers: 1,
    experiments: 12,
    limits: { maxExperiments: 100, maxCostUsd: 5, maxTokens: null, until: null },
    spent,
    spentInAll: spent,
    ended: null,
    claims: [{ author: "12D3KooWElse", parent, summary: "wider" }],
    ...change,
  }
}

test("says who proposes, why from there, and what that took beside its limits", async () => {
  await using facts = await sampleFacts()
  const research = researchOf(facts.better.id)
  const { view, terminal, tick } = await shown(facts, 80, 24, { research })
  const parent = { id: facts.better.id, title: "more units", reason: "the best so far" }
  view.show({
    type: "started",
    activity: { ...activityOf(facts), kind: "proposal", title: "groq a-model", agent: "groq a-model", parent },
  })
  tick()
  expect(terminal.lines().slice(-8)).toEqual([
    expect.stringMatching(/^spore \S{8} · research · sample · x64 · bubblewrap$/),
    "asking groq a-model what to try on sample",
    "thinking, 6 s",
    expect.stringMatching(/^on \S{8} more units: the best so far$/),
    expect.stringMatching(/^best loss 40\.0000/),
    "this run 12 of 100 experiments · $0.42 of $5.00 · 1.2M tokens · by groq a-model",
    "3 experiments  ·  2 nodes  ·  1 being tried elsewhere  ·  no peers",
    "explorer http://localhost:8470  ·  Ctrl-C stops",
  ])
  view.close()
})

test.each([
  [80, 24],
  [130, 40],
  [40, 16],
])("several workers have a line each, which nothing moves, on %i columns", async (columns, rows) => {
  await using facts = await sampleFacts()
  const research = researchOf(facts.better.id, { workers: 3 })
  const { view, terminal, tick } = await shown(facts, columns, rows, { research })
  const parent = { id: facts.better.id, title: "more units", reason: "the best so far" }
  const start = (worker: number, change: Partial<Activity>): void =>
    view.show({ type: "started", activity: { ...activityOf(facts), parent, worker, ...change } })
  const place = (): number => terminal.lines().findIndex((line) => line.startsWith("spore "))
  const before = place()
  start(2, { kind: "proposal", title: "groq a-model" })
  start(0, { title: "wider", progress: { fraction: 0.5, loss: 2.5, remainingSeconds: 70 } })
  tick()
  expect(place()).toBe(before)
  const lines = terminal.lines().slice(before)
  expect(lines.filter((line) => textWidth(line) >= columns)).toEqual([])
  expect(lines[1]).toMatch(/^0 trying {2}wider .* 50 % {2}1 min 10 s left$/)
  expect(lines[2]).toBe("1 waits")
  expect(lines[3]).toMatch(/^2 asking {2}groq.* 6 s$/)
  expect(lines[4]).toBe("· no rerun now")
  expect(lines.slice(1, 4).filter((line) => line.includes("the best so far"))).toHaveLength(columns > 120 ? 2 : 0)
  view.show({ type: "idle", worker: 0 })
  start(3, { kind: "verification", title: "older", parent: null, agent: null, experiment: facts.better.id })
  tick()
  expect(terminal.lines()[before + 1]).toBe("0 waits")
  expect(terminal.lines()[before + 4]).toMatch(/^· rerun {3}older .* 6 s$/)
  expect(place()).toBe(before)
  view.close()
})

test("of a lone worker and a rerun beside it what has the device is told, and nothing moves", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts, 80, 24, { research: researchOf(facts.better.id) })
  const place = (): number => terminal.lines().findIndex((line) => line.startsWith("best "))
  const before = place()
  view.show({ type: "started", activity: { ...activityOf(facts), kind: "proposal", title: "groq a-model" } })
  tick()
  expect(terminal.lines()[before - 3]).toContain("asking groq a-model")
  const rerun = { ...activityOf(facts), kind: "verification", worker: 1, experiment: facts.better.id } as const
  view.show({ type: "started", activity: rerun })
  tick()
  expect(terminal.lines()[before - 3]).toMatch(/^rerun of \S{8} of sample/)
  view.show({ type: "idle", worker: 1 })
  tick()
  expect(terminal.lines()[before - 3]).toContain("asking groq a-model")
  expect(place()).toBe(before)
  view.close()
})

test("many workers leave room for the rest", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts, 80, 24, {
    research: researchOf(facts.better.id, { workers: 64 }),
  })
  for (let worker = 0; worker < 40; worker++) view.show({ type: "started", activity: { ...activityOf(facts), worker } })
  tick()
  const text = terminal.lines().join("\n")
  expect(text).toContain("61 more workers, 37 at work")
  expect(text).toContain("explorer http://localhost:8470")
  expect(text).toContain("this run 12 of 100 experiments")
  view.close()
})

test("ends by itself with the reason and what it came to", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, ready, tick } = await shown(facts, 200, 24, { research: researchOf(facts.better.id) })
  const counter = createCounter(0, facts.dataDir)
  if (ready.research === null) throw new Error("the sample does research")
  const ended = {
    type: "research_ended",
    reason: "max_cost",
    research: { ...ready.research, ended: "max_cost" },
  } as const
  for (const event of [ready, ended, { type: "stopping" } as const]) {
    counter.count(event)
    view.show(event)
  }
  tick()
  expect(terminal.lines().join("\n")).toContain("research ended: what it may cost is spent\n")
  view.show({ type: "stopped", summary: counter.summary(65_000) })
  const text = terminal.lines().join("\n")
  expect(text).toMatch(/\nresearch ended: what it may cost is spent\nstopped after 1 min 5 s: 0 experiments/)
  expect(text).toContain("and 0 reruns for $0.42, 1.2M tokens in this run; best loss 40.0000")
  // Nothing was made, so there is nothing new to look at.
  expect(text).not.toContain("next: spore graph")
})

test("survives a smaller and a larger window", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, tick } = await shown(facts, 120, 40)
  terminal.resize(200, 50)
  tick()
  const lines = terminal.lines()
  expect(lines.filter((line) => line.startsWith("spore "))).toHaveLength(1)
  expect(lines.filter((line) => line.includes("more units"))).toHaveLength(1)
  view.close()
})

test("says for good that another version goes on, and not that it was stopped", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, ready } = await shown(facts, 160, 40)
  const counter = createCounter(0, facts.dataDir)
  counter.count(ready)
  const message = "This node ends now and goes on as version 1.1.0."
  view.show({ type: "notice", notice: { code: "update_switching", message, next: null } })
  view.show({ type: "stopping" })
  view.show({ type: "stopped", summary: counter.summary(65_000) })
  const text = terminal.lines().join("\n")
  expect(text).toContain(`${message}\nended for the other version after 1 min 5 s: 0 experiments`)
  expect(text).not.toMatch(/stopped after|the same command/)
})

test("ends with what was done, the results kept and the region gone", async () => {
  await using facts = await sampleFacts()
  const { view, terminal, ready } = await shown(facts, 160, 40)
  const counter = createCounter(0, facts.dataDir)
  counter.count(ready)
  view.show({ type: "stopping" })
  expect(terminal.lines().join("\n")).toContain("stopping: the running job is given up")
  view.show({ type: "stopped", summary: counter.summary(65_000) })
  const text = terminal.lines().join("\n")
  expect(text).not.toContain("explorer")
  expect(text).toContain("more units")
  expect(text).toMatch(/stopped after 1 min 5 s: 0 experiments \(0 kept\) and 0 reruns in this run; best loss 40\.0000/)
  expect(terminal.taken()).toContain("\u001b[?25h")
})
