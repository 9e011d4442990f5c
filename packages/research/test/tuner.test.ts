import { seededRandom } from "@spore/records"
import { expect, test } from "vitest"
import { createTuner, type PastExperiment } from "../src/index.ts"
import { contextOf, filesOf, objective, PROGRAM, randomSearch, research, TASK, textOf, valuesOf } from "./objective.ts"

const CHOSEN = { title: "parent", reason: "the best candidate" }

const best = (experiments: readonly PastExperiment[]): number =>
  Math.min(...experiments.map(({ value }) => value ?? Infinity))

function past(id: string, text: string, fields: Partial<PastExperiment> = {}): PastExperiment {
  return {
    id,
    parent: "0",
    author: "me",
    code: id,
    status: "discard",
    value: 2,
    title: "",
    files: filesOf(text),
    ...fields,
  }
}

test("its first proposal is one step of the first scale, and says so", async () => {
  const proposal = await createTuner().propose(contextOf({ random: seededRandom(1) }))
  expect(proposal).toMatchObject({ agent: "tuner" })
  expect(proposal?.title).toMatch(/^RATE 0\.002 → 0\.0\d+$/)
  expect(proposal?.hypothesis).toContain("RATE has not been varied")
  const rate = valuesOf(textOf(proposal?.files ?? new Map())).get("RATE")
  expect(textOf(proposal?.files ?? new Map())).toBe(PROGRAM.replace("RATE = 0.002", `RATE = ${rate}`))
})

test("at first it steps every constant once, scales before switches before the rest", async () => {
  const done = await research(createTuner(), () => 1, { experiments: 10, seed: 1 })
  expect(done.slice(1).map(({ title }) => title.split(" ")[0])).toEqual([
    "RATE",
    "SCALE",
    "DECAY",
    "MIX",
    "KIND",
    "WARMUP",
    "MOMENTUM",
    "CONTEXT",
    "HIDDEN",
    "ORDER",
  ])
})

test("it changes one to three constants, to values of their domain, and no code twice", async () => {
  const done = await research(createTuner(), objective(3), { experiments: 40, seed: 3 })
  expect(done).toHaveLength(41)
  expect(new Set(done.map(({ files }) => textOf(files ?? new Map()))).size).toBe(41)
  for (const { parent, files, title } of done.slice(1)) {
    const before = valuesOf(textOf(done[Number(parent)]?.files ?? new Map()))
    const after = valuesOf(textOf(files ?? new Map()))
    const changed = [...after].filter(([name, value]) => before.get(name) !== value)
    expect(after.size).toBe(10)
    expect(changed.length).toBeGreaterThanOrEqual(1)
    expect(changed.length).toBeLessThanOrEqual(3)
    expect(title).toBe(changed.map(([name, value]) => `${name} ${before.get(name)} → ${value}`).join(", "))
  }
})

test("it beats random search with the same number of experiments", async () => {
  const seeds = [1, 2, 3, 4, 5, 6]
  const budget = { experiments: 30 }
  for (const other of [randomSearch("all"), randomSearch("some")]) {
    let wins = 0
    for (const seed of seeds) {
      const tuned = best(await research(createTuner(), objective(seed), { ...budget, seed }))
      const random = best(await research(other, objective(seed), { ...budget, seed }))
      if (tuned < random) wins++
    }
    expect(wins, `against ${other.name}`).toBeGreaterThanOrEqual(5)
  }
})

test("it finds most of what there is to gain, whatever the metric's direction", async () => {
  const loss = objective(2)
  const tuner = createTuner()
  const maximiser = {
    name: "maximiser",
    propose: (context: Parameters<typeof tuner.propose>[0]) =>
      tuner.propose({
        ...context,
        task: { ...TASK, metric: { ...TASK.metric, goal: "maximize" as const } },
        history: context.history.map((experiment) => ({ ...experiment, value: -(experiment.value ?? 0) })),
        parent: { ...context.parent, value: -(context.parent.value ?? 0) },
      }),
  }
  for (const proposer of [tuner, maximiser]) {
    const done = await research(proposer, loss, { experiments: 40, seed: 2 })
    expect(best(done) - 1).toBeLessThan(0.4 * (loss(PROGRAM) - 1))
  }
})

test("the same history and random numbers give the same proposal", async () => {
  const history = (await research(createTuner(), objective(4), { experiments: 14, seed: 4 })).toReversed()
  const proposals = await Promise.all(
    [7, 7, 8].map((seed) => createTuner().propose(contextOf({ history, random: seededRandom(seed) }))),
  )
  expect(proposals[0]).toEqual(proposals[1])
  expect(proposals[2]?.title).not.toBe(proposals[0]?.title)
})

test("it proposes nothing where nothing is marked, or everything was tried", async () => {
  const unmarked = { id: "0", files: filesOf("const RATE = 0.002\n"), value: 1, class: "", ...CHOSEN }
  expect(await createTuner().propose(contextOf({ parent: unmarked, random: seededRandom(1) }))).toBeNull()

  const two = 'const KIND = "a" // @tune a | b\n'
  const parent = { id: "0", files: filesOf(two), value: 1, class: "", ...CHOSEN }
  const history = [past("1", two.replace('"a"', '"b"'))]
  expect(await createTuner().propose(contextOf({ parent, random: seededRandom(1) }))).not.toBeNull()
  expect(await createTuner().propose(contextOf({ parent, history, random: seededRandom(1) }))).toBeNull()
})

test("it learns from failures, and not from other code or from what is not here", async () => {
  const values = ["0.004", "0.006", "0.009", "0.013", "0.02", "0.03"]
  const failures = values.map((value, i) =>
    past(`f${i}`, PROGRAM.replace("RATE = 0.002", `RATE = ${value}`), { status: "crash", value: null }),
  )
  const others = failures.map(({ id, files }) =>
    past(`x${id}`, `${textOf(files ?? new Map())}// other code`, { value: 0 }),
  )
  const unheld = past("gone", PROGRAM, { files: null, value: 0 })
  const parent = { id: "0", files: filesOf(PROGRAM), value: 1, class: "", ...CHOSEN }
  const history = [...others, unheld, ...failures, ...stepped()]
  const proposal = await createTuner().propose(contextOf({ parent, history, random: seededRandom(2) }))
  expect(proposal?.hypothesis).toContain(`From ${1 + failures.length + stepped().length} experiments with this code`)
  expect(Number(valuesOf(textOf(proposal?.files ?? new Map())).get("RATE"))).toBeLessThanOrEqual(0.004)
})

test("other editable files and odd bytes stay as they are", async () => {
  const odd = Uint8Array.from([
    0xef,
    0xbb,
    0xbf,
    0xff,
    0xfe,
    0x0a,
    ...new TextEncoder().encode("A = 1 # @tune 0..2\n"),
    0x80,
  ])
  const files = new Map([
    ["b.py", odd],
    ["a.txt", Uint8Array.from([0, 255])],
  ])
  const proposal = await createTuner().propose({
    ...contextOf({ random: seededRandom(1) }),
    candidate: { editable: ["b.py", "a.txt"], entry: "b.py", language: "python" },
    parent: { id: "0", files, value: 1, class: "", ...CHOSEN },
  })
  const written = proposal?.files.get("b.py") ?? new Uint8Array()
  expect(proposal?.files.get("a.txt")).toEqual(files.get("a.txt"))
  expect(written.subarray(0, 10)).toEqual(odd.subarray(0, 10))
  expect(written.at(-1)).toBe(0x80)
})

/** Each other constant varied once, to no effect. */
function stepped(): PastExperiment[] {
  const changes = [
    ["WARMUP = 0.1", "WARMUP = 0.2"],
    ["MOMENTUM = 0.9", "MOMENTUM = 0.7"],
    ["DECAY = 0", "DECAY = 0.1"],
    ["CONTEXT = 8", "CONTEXT = 6"],
    ["HIDDEN = 64", "HIDDEN = 80"],
    ['"tanh"', '"relu"'],
    ["SCALE = 1", "SCALE = 0.5"],
    ["MIX = 0", "MIX = 0.2"],
    ["ORDER = 3", "ORDER = 4"],
  ]
  return changes.map(([from = "", to = ""], i) => past(`s${i}`, PROGRAM.replace(from, to), { value: 1 }))
}
