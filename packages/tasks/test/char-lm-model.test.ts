import { runInThisContext } from "node:vm"
import { expect, test } from "vitest"
import { charLm, evaluate } from "./char-lm.ts"
import { textOf } from "./bench.ts"

/** The candidate with some of its constants set anew. */
async function withSettings(settings: Record<string, string | number>): Promise<string> {
  let text = textOf(await charLm(), "train.mjs")
  for (const [name, value] of Object.entries(settings)) {
    const constant = new RegExp(`^const ${name} = [^ ]+`, "m")
    expect(text).toMatch(constant)
    text = text.replace(constant, `const ${name} = ${JSON.stringify(value)}`)
  }
  return text
}

/** What createMlp and createTransformer give. */
interface Network {
  weights: Float64Array
  gradients: Float64Array
  learn(symbols: Uint8Array, sequences: number): number
  predict(probabilities: Float64Array): void
  observe(symbols: Uint8Array): void
}

const VOCAB = 11
const SEQUENCE = 6
const STREAMS = 3

/** A small network of the candidate's, in double precision so that slopes can be measured. */
async function network(name: string, settings: Record<string, string | number>): Promise<Network> {
  const text = (await withSettings(settings)).replace("export ", "").replaceAll("Float32Array", "Float64Array")
  const setting = `{ vocab: ${VOCAB}, sequence: ${SEQUENCE}, streams: ${STREAMS}, maxSequences: ${STREAMS}, random: createRandom(5) }`
  const made: unknown = runInThisContext(`(() => {${text}\nreturn ${name}(${setting})})()`)
  if (!isNetwork(made)) throw new Error(`${name} gives something else`)
  return made
}

function isNetwork(value: unknown): value is Network {
  const parts = new Map(Object.entries(value ?? {}))
  const areNumbers = ["weights", "gradients"].every((part) => parts.get(part) instanceof Float64Array)
  return areNumbers && ["learn", "predict", "observe"].every((part) => typeof parts.get(part) === "function")
}

function someText(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i * 7 + 3 * i) % VOCAB)
}

const LAYOUTS = [
  ["createMlp", { HIDDEN: 32, EMBEDDING: 4, CONTEXT: 3, ACTIVATION: "tanh" }],
  ["createMlp", { HIDDEN: 32, EMBEDDING: 4, CONTEXT: 3, ACTIVATION: "gelu" }],
  ["createTransformer", { HIDDEN: 32, LAYERS: 1, WIDEN: 1, ACTIVATION: "tanh" }],
  ["createTransformer", { HIDDEN: 32, LAYERS: 2, WIDEN: 2, ACTIVATION: "gelu" }],
] as const

test.each(LAYOUTS)("the gradients of %s with %j are the slopes of its loss", async (name, settings) => {
  const { weights, gradients, learn } = await network(name, settings)
  const text = someText(2 * (SEQUENCE + 1))
  const move = 1e-5
  learn(text, 2)
  const given = gradients.slice()
  expect(given.filter((slope) => slope !== 0).length).toBeGreaterThan(given.length / 4)
  for (let i = 0; i < weights.length; i += 7) {
    const weight = weights[i] ?? 0
    weights[i] = weight + move
    const above = learn(text, 2)
    weights[i] = weight - move
    const below = learn(text, 2)
    weights[i] = weight
    expect((above - below) / (2 * move), `weight ${i}`).toBeCloseTo(given[i] ?? NaN, 7)
  }
})

test("the transformer predicts alike whether a text comes at once or symbol by symbol", async () => {
  const { learn, predict, observe } = await network("createTransformer", { HIDDEN: 32, LAYERS: 1 })
  const text = someText(STREAMS * (SEQUENCE + 1))
  const loss = learn(text, STREAMS)
  const probabilities = new Float64Array(STREAMS * VOCAB)
  let sum = 0
  // the window is full of the text alone when as many symbols have come as it is long
  for (let round = 0; round < SEQUENCE; round++) {
    observe(Uint8Array.from({ length: STREAMS }, (_, s) => text[s * (SEQUENCE + 1) + round] ?? 0))
    predict(probabilities)
    for (let s = 0; s < STREAMS; s++) {
      const next = text[s * (SEQUENCE + 1) + round + 1] ?? 0
      sum -= Math.log(probabilities[s * VOCAB + next] ?? 0)
    }
  }
  expect(sum / (STREAMS * SEQUENCE)).toBeCloseTo(loss, 10)
})

test.each([
  ["the transformer", { ARCHITECTURE: "transformer", HIDDEN: 32, REPEATS: 1, ADAPT_RATE: 0.5 }],
  ["the mixture with counts", { COUNTS: "all", ADAPT_RATE: 0.5 }],
])("%s learns within the judge's rules, and gives the same bits again", async (_, settings) => {
  const files = { "train.mjs": await withSettings(settings) }
  const first = await evaluate({ files, steps: 30, heldOut: 3200 })
  expect(first).toMatchObject({ exitCode: 0, error: null })
  expect(first.score).toBeGreaterThan(2)
  expect(first.score).toBeLessThan(4.6)
  expect((await evaluate({ files, steps: 30, heldOut: 3200 })).metrics).toEqual(first.metrics)
})
