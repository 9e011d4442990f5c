import { expect, test } from "vitest"
import { bundledPackage, textOf } from "./bench.ts"
import { checkAlone, evaluateAlone, type Evaluation } from "./evaluation.ts"

type Circle = [x: number, y: number, r: number]

/** 26 equal circles in a grid of 6 columns: each touches its neighbours, those on the left and at the top their side. */
function grid(): Circle[] {
  return Array.from({ length: 26 }, (_, i) => [((i % 6) + 0.5) / 6, (Math.floor(i / 6) + 0.5) / 6, 1 / 12])
}

/** The grid with one circle changed. */
function changed(index: number, change: (circle: Circle) => unknown): unknown[] {
  return grid().map((circle, i) => (i === index ? change(circle) : circle))
}

async function check(circles: unknown): Promise<Evaluation> {
  const text = typeof circles === "string" ? circles : JSON.stringify(circles)
  return checkAlone(await bundledPackage("circle-packing"), { "circles.json": text })
}

test("the baseline is a packing that the check scores as the evaluator did, and gives the same again", async () => {
  const files = await bundledPackage("circle-packing")
  const made = await evaluateAlone(files)
  expect(made).toMatchObject({ exitCode: 0, error: null })
  expect(made.score).toBeGreaterThan(2.1)
  expect(made.score).toBeLessThan(2.4)
  const checked = await checkAlone(files, made.artifacts)
  expect(checked).toMatchObject({ exitCode: 0, error: null, score: made.score, metrics: { sum_radii: made.score } })
  expect((await evaluateAlone(files)).artifacts).toEqual(made.artifacts)
})

test("other settings of the baseline come near the best published packing", async () => {
  const settings = { MOVES: 2000, FIRST_MOVE: 0.01, LAST_MOVE: 0.00003, LAST_PRESSURE: 3000, STARTS: 40, SHAKES: 60 }
  let text = textOf(await bundledPackage("circle-packing"), "pack.mjs")
  for (const [name, value] of [...Object.entries(settings), ["LAYOUT", '"random"']]) {
    text = text.replace(new RegExp(`^const ${name} = [^ ]+`, "m"), `const ${name} = ${value}`)
  }
  const { error, score } = await evaluateAlone(await bundledPackage("circle-packing", { "pack.mjs": text }))
  expect(error).toBeNull()
  expect(score).toBeGreaterThan(2.6)
  expect(score).toBeLessThan(2.6359831)
})

test("circles that touch each other and the sides are a packing", async () => {
  const { error, score } = await check(grid())
  expect(error).toBeNull()
  expect(score).toBeCloseTo(26 / 12, 12)
})

test("what overlaps by less than the tolerance counts as it is, and by more not at all", async () => {
  expect(await check(changed(0, ([x, y, r]) => [x, y, r + 0.9e-9]))).toMatchObject({ error: null })
  expect((await check(changed(0, ([x, y, r]) => [x, y, r + 1.1e-9]))).error).toMatch(/^circle 0 sticks 1\.\d+e-9 out/)
  expect((await check(changed(7, ([x, y, r]) => [x, y, r + 1.1e-9]))).error).toMatch(
    /^circles 1 and 7 overlap by 1\.\d+e-9$/,
  )
})

test.each<[string, unknown, string]>([
  ["27 circles", [...grid(), [0.99, 0.99, 0.001]], "expected 26 circles, not 27"],
  ["25 circles", grid().slice(1), "expected 26 circles, not 25"],
  ["no list", { circles: grid() }, "expected a list of circles"],
  ["no JSON", "[[NaN, 0.5, 0.1]]", "the circles are not JSON"],
  ["a number too large for a double", JSON.stringify(grid()).replace("0.08", "1e999"), "circle 0 is not three finite"],
  ["null as a coordinate", changed(3, () => [null, 0.5, 0.1]), "circle 3 is not three finite"],
  ["a coordinate in words", changed(3, () => ["0.5", 0.5, 0.1]), "circle 3 is not three finite"],
  ["a field too much", changed(3, (circle) => [...circle, 1]), "circle 3 is not three finite"],
  ["a field too little", changed(3, ([x, y]) => [x, y]), "circle 3 is not three finite"],
  ["an object for a circle", changed(3, ([x, y, r]) => ({ x, y, r })), "circle 3 is not three finite"],
  ["a radius of nothing", changed(3, ([x, y]) => [x, y, 0]), "circle 3 has the radius 0"],
  ["a negative radius", changed(3, ([x, y]) => [x, y, -0.1]), "circle 3 has the radius -0.1"],
  ["a circle outside", changed(3, ([, y, r]) => [1.5, y, r]), "circle 3 sticks"],
  ["one circle in another", changed(8, ([x, y]) => [x + 0.01, y - 1 / 6, 0.01]), "circles 2 and 8 overlap"],
  ["a text without end", `${JSON.stringify(grid())}${" ".repeat(5000)}`, "circles.json is too large"],
])("%s is no packing", async (_, circles, error) => {
  const result = await check(circles)
  expect(result).toMatchObject({ exitCode: 0, score: undefined })
  expect(result.error).toContain(error)
})

test("a second file beside the circles is refused", async () => {
  const files = await bundledPackage("circle-packing")
  const { error } = await checkAlone(files, { "circles.json": JSON.stringify(grid()), "more.json": "1" })
  expect(error).toBe("expected circles.json and nothing else")
})

test.each([
  ["prints nothing", "", "the circles are not JSON"],
  ["prints a score", `console.log('{"combined_score": 9}')`, "expected a list of circles"],
  ["prints without end", `for (;;) process.stdout.write("[".repeat(1000))`, "printed more than 4096 bytes"],
  ["throws", `throw new Error("no idea")`, ""],
  ["never ends", "for (;;);", "not finished after 2 s"],
])("a candidate that %s is incorrect", async (_, program, message) => {
  const { exitCode, error } = await evaluateAlone(await bundledPackage("circle-packing", { "pack.mjs": program }), 2)
  expect(exitCode).toBe(0)
  expect(error).toContain(message)
})
