// Judges a candidate of fft: node evaluator.mjs --program_path fft.mjs --results_dir DIR
//
// The candidate runs apart, inside harness.mjs, which times it. Every result comes back and is compared here.

import { randomInt } from "node:crypto"
import { readFileSync } from "node:fs"
import { createOracle, directTransform, errorOf, fillRandom } from "./oracle.mjs"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
import { createTurns } from "./turns.mjs"

const SIZES = [256, 1024, 4096, 16_384]
/** Numbers transformed in one turn: short enough that most turns are not interrupted, long enough for the clock. */
const POINTS = 16_384
const WARM_UP = 20
const ROUNDS = 81
/** Allowed error; a transform in single precision is off by 1e-7, one in double precision by 1e-15. */
const TOLERANCE = 1e-12
const MAX_PROGRAM = 256 * 1024
const HEAP_MB = 256

await evaluate(async ({ programPath, seed, budget, startCandidate, progress }) => {
  const program = readFileSync(programPath)
  assertProgram(program)
  const shape = { program: program.length, sizes: SIZES, points: POINTS }
  // should the candidate leave its realm, its process can still do little, and in a sandbox it reaches nobody
  const walls = ["--permission", "--allow-fs-read=.", "--disallow-code-generation-from-strings"]
  const candidate = startCandidate(
    ["node", ...walls, `--max-old-space-size=${HEAP_MB}`, "harness.mjs", JSON.stringify(shape)],
    { files: ["harness.mjs", "oracle.mjs"], ...(budget.seconds === null ? {} : { seconds: budget.seconds }) },
  )
  const turns = createTurns(candidate)
  turns.send(program)

  const sizes = SIZES.map((size, index) => ({ size, index, oracle: createOracle(size), times: [], worst: 0 }))
  for (const { size, oracle } of sizes) assertOracle(size, oracle, seed)
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const each of sizes) {
      const { nanoseconds, error } = await takeTurn(turns, each)
      each.worst = Math.max(each.worst, error)
      if (round >= WARM_UP) each.times.push(nanoseconds / POINTS)
    }
    progress(round + 1, WARM_UP + ROUNDS)
  }
  await turns.finish()

  const medians = sizes.map(({ times }) => median(times))
  const score = Math.exp(medians.reduce((sum, time) => sum + Math.log(time), 0) / medians.length)
  return {
    score,
    public: {
      ns_per_point: score,
      ...Object.fromEntries(sizes.map(({ size }, i) => [`ns_per_point_${size}`, medians[i]])),
      worst_error: Math.max(...sizes.map(({ worst }) => worst)),
    },
    feedback: sizes
      .map(({ size, worst }, i) => `${size} points: ${medians[i].toFixed(2)} ns each, error ${worst.toExponential(1)}.`)
      .join("\n"),
  }
})

/** One turn: new numbers, their transforms' time, and how far the results are from what they should be. */
async function takeTurn(turns, { size, index, oracle }) {
  // Not from the replicate's seed: a candidate that knew it could know what comes.
  const seed = randomInt(2 ** 32)
  turns.send(new Uint8Array(Uint32Array.of(index, seed).buffer))
  const frame = await turns.receive(8 * (1 + 2 * POINTS))
  const numbers = new Float64Array(frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length))
  const nanoseconds = numbers[0]
  if (!(nanoseconds > 0)) throw new Incorrect(`a time of ${nanoseconds} ns`)
  const inputs = rowsOf(new Float64Array(POINTS), new Float64Array(POINTS), size)
  fillRandom(seed, ...inputs.map(({ re }) => re), ...inputs.map(({ im }) => im))
  const given = rowsOf(numbers.subarray(1, 1 + POINTS), numbers.subarray(1 + POINTS), size)
  const errors = inputs.map(({ re, im }, row) => errorOf(given[row], oracle(re, im)))
  const error = Math.max(...errors)
  if (!(error <= TOLERANCE)) throw new Incorrect(`a transform of ${size} points is off by ${error.toExponential(1)}`)
  return { nanoseconds, error }
}

function rowsOf(re, im, size) {
  return Array.from({ length: re.length / size }, (_, row) => ({
    re: re.subarray(row * size, (row + 1) * size),
    im: im.subarray(row * size, (row + 1) * size),
  }))
}

/** The oracle is itself held to the definition, where that is quick, and to what follows from it elsewhere. */
function assertOracle(size, oracle, seed) {
  const [re, im] = [new Float64Array(size), new Float64Array(size)]
  fillRandom(seed, re, im)
  const given = oracle(re, im)
  if (size <= 1024) return assertSmall(errorOf(given, directTransform(re, im)), size)
  const energy = (a, b) => a.reduce((sum, x, i) => sum + x * x + b[i] * b[i], 0)
  assertSmall(Math.abs(energy(given.re, given.im) / (size * energy(re, im)) - 1), size)
  // a single number at place 1 becomes the roots of unity
  const pulse = oracle(Float64Array.from(re, (_, i) => (i === 1 ? 1 : 0)), new Float64Array(size))
  const roots = {
    re: Float64Array.from(re, (_, k) => Math.cos((2 * Math.PI * k) / size)),
    im: Float64Array.from(re, (_, k) => -Math.sin((2 * Math.PI * k) / size)),
  }
  assertSmall(errorOf(pulse, roots), size)
}

function assertSmall(error, size) {
  if (!(error <= TOLERANCE)) throw new Error(`the judge's own transform of ${size} points is off by ${error}`)
}

/** Whether the program is of the form that the harness can run on its own. */
function assertProgram(program) {
  if (program.length > MAX_PROGRAM) throw new Incorrect(`the program is larger than ${MAX_PROGRAM} bytes`)
  const text = program.toString()
  if (/\bimport\b/.test(text)) throw new Incorrect("the program has the word `import`: it is to be one file of its own")
  const exports = text.match(/^export .*/gm) ?? []
  if (exports.length !== 1 || !exports[0].startsWith("export function createTransform(")) {
    throw new Incorrect("the program is to have one export: `export function createTransform(`, at the start of a line")
  }
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}
