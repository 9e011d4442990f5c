import { seededRandom } from "@spore/records"
import { expect, test } from "vitest"
import { createTuner, type PastExperiment } from "../src/index.ts"
import type { Observation } from "../src/tuner/history.ts"
import { looksElsewhere } from "../src/tuner/moves.ts"
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

test("its first proposal is a step of two constants, what selects and what scales, and says so", async () => {
  const proposal = await createTuner().propose(contextOf({ random: seededRandom(1) }))
  expect(proposal).toMatchObject({ agent: "tuner" })
  expect(proposal?.title).toMatch(/^RATE 0\.002 → 0\.0\d+, KIND tanh → (relu|gelu)$/)
  expect(proposal?.hypothesis).toContain("Not varied in this code yet: RATE, KIND")
  const values = valuesOf(textOf(proposal?.files ?? new Map()))
  expect(textOf(proposal?.files ?? new Map())).toBe(
    PROGRAM.replace("RATE = 0.002", `RATE = ${values.get("RATE")}`).replace('"tanh"', `"${values.get("KIND")}"`),
  )
})

test("at first it steps every constant once: alternatives, scales, switches, the rest", async () => {
  const done = await research(createTuner(), () => 1, { experiments: 12, seed: 1 })
  const names = done.slice(1).map(({ title }) => title.split(", ").map((part) => part.split(" ")[0]))
  // Between them, all constants are drawn anew now and then.
  expect(names.filter(({ length }) => length <= 3).slice(0, 5)).toEqual([
    ["RATE", "KIND"],
    ["DECAY", "SCALE"],
    ["WARMUP", "MIX"],
    ["MOMENTUM", "CONTEXT"],
    ["HIDDEN", "ORDER"],
  ])
})

test("it changes one to three constants or draws all anew, to values of their domain, and no code twice", async () => {
  const done = await research(createTuner(), objective(3), { experiments: 40, seed: 3 })
  expect(done).toHaveLength(41)
  expect(new Set(done.map(({ files }) => textOf(files ?? new Map()))).size).toBe(41)
  const anew: number[] = []
  for (const { id, parent, files, title } of done.slice(1)) {
    const before = valuesOf(textOf(done[Number(parent)]?.files ?? new Map()))
    const after = valuesOf(textOf(files ?? new Map()))
    const changed = [...after].filter(([name, value]) => before.get(name) !== value)
    expect(after.size).toBe(10)
    expect(changed.length).toBeGreaterThanOrEqual(1)
    if (changed.length > 3) anew.push(Number(id))
    expect(title).toBe(changed.map(([name, value]) => `${name} ${before.get(name)} → ${value}`).join(", "))
  }
  expect(anew.length).toBeGreaterThan(1)
  expect(anew.length).toBeLessThan(20)
})

test("it draws all constants anew the more often, the more that has helped", () => {
  const settings = new Map()
  const near = Array.from({ length: 10 }, (_, i): Observation => ({ settings, frame: 0, loss: i, isFar: false }))
  const far = (loss: number): Observation[] => [1, 2, 3, 4, 5].map(() => ({ settings, frame: 0, loss, isFar: true }))
  const share = (observations: readonly Observation[]): number => {
    const random = seededRandom(1)
    return Array.from({ length: 1000 }, () => looksElsewhere(observations, random)).filter(Boolean).length / 1000
  }
  expect(share(near)).toBeCloseTo(0.25, 1)
  expect(share([...near, ...far(-1)])).toBeCloseTo(0.43, 1)
  expect(share([...near, ...far(20)])).toBeCloseTo(0.07, 1)
  // What other code says of it is another matter.
  expect(share([...near, ...far(20).map((one) => ({ ...one, frame: 1 }))])).toBeCloseTo(0.25, 1)
})

test("it beats random search with the same number of experiments", async () => {
  const others = [randomSearch("all"), randomSearch("some")]
  const wins = others.map(() => 0)
  for (let seed = 1; seed <= 12; seed++) {
    const budget = { experiments: 30, seed }
    const tuned = best(await research(createTuner(), objective(seed), budget))
    for (const [i, other] of others.entries()) {
      if (tuned < best(await research(other, objective(seed), budget))) wins[i] = (wins[i] ?? 0) + 1
    }
  }
  expect(
    Math.min(...wins),
    `wins against ${others.map(({ name }) => name).join(" and ")}: ${wins.join(" and ")}`,
  ).toBeGreaterThanOrEqual(9)
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

test("it learns from failures, and not from what is not here", async () => {
  const values = ["0.004", "0.006", "0.009", "0.013", "0.02", "0.03"]
  const failures = values.map((value, i) =>
    past(`f${i}`, PROGRAM.replace("RATE = 0.002", `RATE = ${value}`), { status: "crash", value: null }),
  )
  const unheld = past("gone", PROGRAM, { files: null, value: 0 })
  const parent = { id: "0", files: filesOf(PROGRAM), value: 1, class: "", ...CHOSEN }
  const history = [unheld, ...failures, ...stepped()]
  const proposal = await createTuner().propose(contextOf({ parent, history, random: seededRandom(2) }))
  expect(proposal?.hypothesis).toContain(`From ${1 + failures.length + stepped().length} experiments with this code:`)
  expect(Number(valuesOf(textOf(proposal?.files ?? new Map())).get("RATE"))).toBeLessThanOrEqual(0.004)
})

test("it learns from other code with the same constants, too", async () => {
  const measure = (rate: number): number => 1 + (Math.log10(rate) + 2) ** 2
  const rates = [0.0004, 0.001, 0.003, 0.006, 0.01, 0.02]
  const others = rates.map((rate, i) =>
    past(`x${i}`, `${PROGRAM.replace("RATE = 0.002", `RATE = ${rate}`)}// other code`, { value: measure(rate) }),
  )
  const strange = past("s", "const OTHER = 1 // @tune 0..2", { value: 0 })
  const parent = { id: "0", files: filesOf(PROGRAM), value: 1, class: "", ...CHOSEN }
  const tried = past("own", PROGRAM.replace("RATE = 0.002", "RATE = 0.0021"), { value: 1 })
  const history = [tried, strange, ...others, ...stepped().map((own) => ({ ...own, value: 1 }))]
  const chosen = await Promise.all(
    [1, 2, 3, 4, 5].map((seed) => createTuner().propose(contextOf({ parent, history, random: seededRandom(seed) }))),
  )
  expect(chosen[0]?.hypothesis).toContain(`and ${others.length} with other code`)
  const moved = chosen.map((proposal) => Number(valuesOf(textOf(proposal?.files ?? new Map())).get("RATE")))
  expect(moved.filter((rate) => rate >= 0.005 && rate <= 0.02).length).toBeGreaterThanOrEqual(4)
})

test("it varies no constant that has no effect", async () => {
  const text = [
    'const KIND = "a" // @tune a | b',
    "const A = 0.5 // @tune 0..1 when KIND = a",
    "const B = 0.5 // @tune 0..1 when KIND = b",
    "const C = 0.5 // @tune 0..1",
  ].join("\n")
  const history: PastExperiment[] = []
  const parent = { id: "0", files: filesOf(text), value: 1, class: "", ...CHOSEN }
  const random = seededRandom(5)
  const seen = new Set<string>()
  for (let i = 0; i < 30; i++) {
    const proposal = await createTuner().propose(contextOf({ parent, history, random }))
    if (proposal === null) throw new Error("nothing proposed")
    const values = valuesOf(textOf(proposal.files))
    const effective = [
      values.get("KIND"),
      values.get("KIND") === "a" ? values.get("A") : values.get("B"),
      values.get("C"),
    ]
    expect([...seen], `tried before: ${proposal.title}`).not.toContain(JSON.stringify(effective))
    seen.add(JSON.stringify(effective))
    expect(values.get(values.get("KIND") === "a" ? "B" : "A")).toBe(0.5)
    history.unshift(past(`${i}`, textOf(proposal.files), { value: 1 + random.next() }))
  }
})

test("it does not propose what was refused, or what somebody tries from the same parent", async () => {
  const at = (
    fields: Partial<Parameters<typeof contextOf>[0]>,
  ): ReturnType<ReturnType<typeof createTuner>["propose"]> =>
    createTuner().propose(contextOf({ random: seededRandom(1), ...fields }))
  const title = (await at({}))?.title ?? ""
  const claim = { author: "other", parent: "0", summary: title }
  expect((await at({ claims: [{ ...claim, parent: "1" }] }))?.title).toBe(title)
  expect((await at({ claims: [claim] }))?.title).not.toBe(title)
  expect((await at({ refused: [{ title, reason: "known" }] }))?.title).not.toBe(title)
})

test("it leaves the thread to others while it computes, and stops when it is told to", async () => {
  const history = Array.from({ length: 60 }, (_, i) =>
    past(`${i}`, PROGRAM.replace("RATE = 0.002", `RATE = ${(0.0003 + i * 0.0004).toFixed(5)}`), { value: i % 7 }),
  )
  const stop = new AbortController()
  const proposing = createTuner().propose(
    contextOf({ history: [...history, ...stepped()], random: seededRandom(1), signal: stop.signal }),
  )
  setImmediate(() => stop.abort(new Error("told to stop")))
  await expect(proposing).rejects.toThrow("told to stop")
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
