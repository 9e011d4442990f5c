// Judges a candidate of char-lm: node evaluator.mjs --program_path train.mjs --results_dir DIR
//
// Reads SPORE_SEED and SPORE_BUDGET_S (wall seconds), by default what spore.task.json says; writes DIR/correct.json
// and, for a correct candidate, DIR/metrics.json. Exits with 0 where it came to a judgement, with 1 where the candidate
// ended by itself before its time. harness.mjs describes what evaluator and candidate say to each other.

import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { deflateRawSync } from "node:zlib"
import { Crash, Incorrect, startCandidate } from "./candidate.mjs"

/** Symbol s is the character at s. */
const ALPHABET = "\n !\"'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const BATCH = 8
const SEQUENCE = 32
const STREAMS = 32
/** Bytes that a program may have when compressed, since a larger one could hold the held-out text. */
const MAX_PROGRAM = 8 * 1024
/**
 * Whoever runs this has a limit of their own, which throttling may stretch up to a hundredfold. This one comes behind
 * it, and ends a run that nobody watches.
 */
const GRACE = 100
/** Share of the uniform distribution that is mixed into every prediction. */
const FLOOR = 1e-6
/** Work on a position when training, in units of the work of predicting one; for the progress line alone. */
const TRAINING_WORK = 3

// SIGUSR1 would open a debugger in this process; a candidate may send signals.
process.on("SIGUSR1", () => {})

const { values: options } = parseArgs({
  options: { program_path: { type: "string" }, results_dir: { type: "string" } },
})
const packageFolder = import.meta.dirname
const { budget, replay } = JSON.parse(readFileSync(join(packageFolder, "spore.task.json"), "utf8"))

try {
  const { metrics, summary } = await evaluate()
  writeResult("metrics.json", metrics)
  writeResult("correct.json", { correct: true, error: null })
  console.log(summary)
} catch (error) {
  if (!(error instanceof Incorrect || error instanceof Crash)) throw error
  writeResult("correct.json", { correct: false, error: error.message })
  console.log(`${error instanceof Crash ? "crash" : "incorrect"}: ${error.message}`)
  process.exitCode = error instanceof Crash ? 1 : 0
}

async function evaluate() {
  const program = readFileSync(options.program_path)
  assertProgram(program)
  const training = symbolsOf("train.txt")
  const heldOut = symbolsOf("heldout.txt")
  const shape = {
    vocab: ALPHABET.length,
    sequence: SEQUENCE,
    batch: BATCH,
    steps: budget.value,
    streams: STREAMS,
    rounds: Math.floor(heldOut.length / STREAMS),
    seed: Number(process.env.SPORE_SEED ?? replay.seeds[0]),
  }
  const seconds = Number(process.env.SPORE_BUDGET_S ?? budget.killSeconds) * GRACE
  const candidate = startCandidate(program, shape, seconds)
  try {
    const parameters = (await candidate.receive(8)).readDoubleLE()
    if (!Number.isSafeInteger(parameters) || parameters < 0) throw new Incorrect("`parameters` is not a whole number")
    const progress = createProgress(shape)
    const { trainLoss, seconds: trainingSeconds } = await train(candidate, shape, training, progress)
    const { bits, seconds: evaluationSeconds } = await predict(candidate, shape, heldOut, progress)
    await candidate.finish()
    const valBpb = mean(bits)
    return {
      metrics: {
        combined_score: valBpb,
        public: {
          val_bpb: valBpb,
          train_loss: trainLoss,
          num_steps: shape.steps,
          num_params: parameters,
          eval_chars: bits.length,
        },
        private: { training_seconds: trainingSeconds, evaluation_seconds: evaluationSeconds },
        text_feedback: feedback(bits, heldOut, shape, trainLoss),
      },
      summary: [
        "---",
        `val_bpb: ${valBpb.toFixed(6)}`,
        `training_seconds: ${trainingSeconds.toFixed(1)}`,
        `total_seconds: ${(trainingSeconds + evaluationSeconds).toFixed(1)}`,
        `num_steps: ${shape.steps}`,
        `num_params: ${parameters}`,
      ].join("\n"),
    }
  } finally {
    await candidate.kill()
  }
}

/** Whether the program is of the form that the harness can run on its own. */
function assertProgram(program) {
  const { length } = deflateRawSync(program)
  if (length > MAX_PROGRAM)
    throw new Incorrect(`the program is ${length} bytes compressed, the limit is ${MAX_PROGRAM}`)
  const text = program.toString()
  if (/\bimport\b/.test(text)) throw new Incorrect("the program has the word `import`: it is to be one file of its own")
  const exports = text.match(/^export .*/gm) ?? []
  if (exports.length !== 1 || !exports[0].startsWith("export function createModel(")) {
    throw new Incorrect("the program is to have one export: `export function createModel(`, at the start of a line")
  }
}

/** Streams exactly `steps` minibatches; gives the mean of the last tenth of the losses. */
async function train(candidate, { steps, batch, sequence, seed }, text, progress) {
  const random = createRandom(seed)
  const symbols = new Uint8Array(batch * (sequence + 1))
  const started = performance.now()
  const losses = []
  for (let step = 0; step < steps; step++) {
    for (let b = 0; b < batch; b++) {
      const start = Math.floor(random() * (text.length - sequence))
      symbols.set(text.subarray(start, start + sequence + 1), b * (sequence + 1))
    }
    candidate.send(symbols)
    const loss = (await candidate.receive(8)).readDoubleLE()
    if (!Number.isFinite(loss)) throw new Incorrect(`training diverged: the loss of step ${step} is ${loss}`)
    losses.push(loss)
    progress.show(step + 1, mean(losses.slice(-20)), TRAINING_WORK * batch * sequence)
  }
  return { trainLoss: mean(losses.slice(-Math.ceil(steps / 10))), seconds: (performance.now() - started) / 1000 }
}

/** Gives the bits that each held-out symbol cost, in the order in which they were asked for. */
async function predict(candidate, { steps, streams, rounds, vocab }, text, progress) {
  const bits = new Float64Array(streams * rounds)
  const symbols = new Uint8Array(streams)
  const started = performance.now()
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const frame = await candidate.receive(streams * vocab * 4)
    for (let stream = 0; stream < streams; stream++) {
      symbols[stream] = text[stream * rounds + round]
      const cost = -Math.log2(probabilityOf(symbols[stream], frame, stream * vocab * 4, vocab))
      bits[round * streams + stream] = cost
      total += cost
    }
    candidate.send(symbols)
    progress.show(steps, (total / ((round + 1) * streams)) * Math.LN2, streams)
  }
  return { bits, seconds: (performance.now() - started) / 1000 }
}

/** What the distribution at `offset` gives to a symbol, once it is valid, sums to 1 and leaves none impossible. */
function probabilityOf(symbol, frame, offset, vocab) {
  let sum = 0
  for (let v = 0; v < vocab; v++) {
    const value = frame.readFloatLE(offset + v * 4)
    if (!(value >= 0 && value < Infinity)) throw new Incorrect(`a predicted probability is ${value}`)
    sum += value
  }
  if (sum === 0) throw new Incorrect("a predicted distribution is zero everywhere")
  return ((1 - FLOOR) * frame.readFloatLE(offset + symbol * 4)) / sum + FLOOR / vocab
}

/** Prints `step 00010 (1.0%) | loss: 2.3456 | remaining: 12s`, twice a second. */
function createProgress({ steps, batch, sequence, streams, rounds }) {
  const total = TRAINING_WORK * steps * batch * sequence + streams * rounds
  const started = performance.now()
  let done = 0
  let shown = started
  return {
    show(step, loss, work) {
      done += work
      const now = performance.now()
      if (now - shown < 500 && done < total) return
      shown = now
      const remaining = Math.ceil((((now - started) / done) * (total - done)) / 1000)
      const percent = ((100 * done) / total).toFixed(1)
      console.log(
        `step ${String(step).padStart(5, "0")} (${percent}%) | loss: ${loss.toFixed(4)} | remaining: ${remaining}s`,
      )
    },
  }
}

/** A few lines for whoever proposes the next candidate. */
function feedback(bits, heldOut, { streams, rounds, steps }, trainLoss) {
  const quarter = Math.ceil(bits.length / 4)
  const kinds = { "lower-case letters": /[a-z]/, capitals: /[A-Z]/, "spaces and newlines": /\s/, others: /[^A-Za-z\s]/ }
  const byKind = Object.entries(kinds).map(([kind, pattern]) => {
    const isKind = (_, i) => pattern.test(ALPHABET[heldOut[(i % streams) * rounds + Math.floor(i / streams)]])
    const costs = bits.filter(isKind)
    return `${kind} ${mean(costs).toFixed(3)} (${((100 * costs.length) / bits.length).toFixed(1)} % of the text)`
  })
  return [
    `val_bpb ${mean(bits).toFixed(4)} on ${bits.length} characters after ${steps} steps.`,
    `Training loss at the end, as the candidate reports it: ${(trainLoss / Math.LN2).toFixed(4)} bits per character.`,
    `First quarter of the held-out text ${mean(bits.slice(0, quarter)).toFixed(4)}, last quarter ${mean(bits.slice(-quarter)).toFixed(4)}.`,
    `Bits by kind of character: ${byKind.join(", ")}.`,
  ].join("\n")
}

/** A text of the package as symbols. */
function symbolsOf(file) {
  return Uint8Array.from(readFileSync(join(packageFolder, file), "latin1"), (character) => {
    const symbol = ALPHABET.indexOf(character)
    if (symbol < 0) throw new Error(`${file} holds ${JSON.stringify(character)}, which is not in the alphabet`)
    return symbol
  })
}

function writeResult(name, value) {
  writeFileSync(join(options.results_dir, name), JSON.stringify(value))
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
