import { expect, test } from "vitest"
import type { Activity } from "@spore/node"
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
async function shown(facts: SampleFacts, columns = 80, rows = 24): Promise<Shown> {
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
    node: fakeNode(facts).node,
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
  expect(lines.slice(title - 1 - entriesShown(24), title - 1).every((line) => line.includes("change"))).toBe(true)
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
  for (const moved of [place, other, other]) view.show({ type: "place", place: moved, verifyQueue: 0 })
  tick()
  const lines = terminal.lines()
  const headings = lines.flatMap((line, i) => (line.startsWith("  result") ? [i] : []))
  expect(headings.map((i) => lines[i])).toEqual([expect.stringContaining("loss"), expect.stringContaining("accuracy")])
  expect(lines.slice(...headings).some((line) => line.includes("baseline"))).toBe(true)
  view.close()
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
