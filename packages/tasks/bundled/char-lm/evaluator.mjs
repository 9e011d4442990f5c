// Judges a candidate of char-lm: node evaluator.mjs --program_path train.mjs --results_dir DIR
//
// The candidate runs apart, inside harness.mjs, which describes what it and this judge say to each other. The program
// says nothing of its score: it is computed here, from predictions that were made before the text was shown.

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { deflateRawSync } from "node:zlib"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
import { createTurns } from "./turns.mjs"

/** Symbol s is the character at s. */
const ALPHABET = "\n !\"'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const BATCH = 8
const SEQUENCE = 32
const STREAMS = 32
/** Bytes that a program may have when compressed, since a larger one could hold the held-out text. */
const MAX_PROGRAM = 8 * 1024
const HEAP_MB = 512
/** Share of the uniform distribution that is mixed into every prediction. */
const FLOOR = 1e-6
/** Work on a position when training, in units of the work of predicting one; for the progress line alone. */
const TRAINING_WORK = 3

const packageFolder = import.meta.dirname
const manifest = JSON.parse(readFileSync(join(packageFolder, "spore.task.json"), "utf8"))

await evaluate(async ({ programPath, seed, budget, startCandidate, progress }) => {
  const program = readFileSync(programPath)
  assertProgram(program)
  const training = symbolsOf("train.txt")
  const heldOut = symbolsOf("heldout.txt")
  const shape = {
    vocab: ALPHABET.length,
    sequence: SEQUENCE,
    batch: BATCH,
    steps: budget.steps ?? manifest.budget.value,
    streams: STREAMS,
    rounds: Math.floor(heldOut.length / STREAMS),
    seed: seed || manifest.replay.seeds[0],
  }
  // should the program leave its realm, its process can still do little, and in a sandbox it reaches nobody
  const walls = ["--permission", "--allow-fs-read=.", "--disallow-code-generation-from-strings"]
  const argument = JSON.stringify({ ...shape, program: program.length })
  const turns = createTurns(
    startCandidate(["node", ...walls, `--max-old-space-size=${HEAP_MB}`, "harness.mjs", argument], {
      files: ["harness.mjs"],
      seconds: budget.seconds ?? manifest.budget.killSeconds,
    }),
  )
  turns.send(program)
  const parameters = (await turns.receive(8)).readDoubleLE()
  if (!Number.isSafeInteger(parameters) || parameters < 0) throw new Incorrect("`parameters` is not a whole number")
  const shown = createProgress(shape, progress)
  const { trainLoss, seconds: trainingSeconds } = await train(turns, shape, training, shown)
  const { bits, seconds: evaluationSeconds } = await predict(turns, shape, heldOut, shown)
  await turns.finish()
  const valBpb = mean(bits)
  return {
    score: valBpb,
    public: {
      val_bpb: valBpb,
      train_loss: trainLoss,
      num_steps: shape.steps,
      num_params: parameters,
      eval_chars: bits.length,
    },
    private: { training_seconds: trainingSeconds, evaluation_seconds: evaluationSeconds },
    feedback: feedback(bits, heldOut, shape, trainLoss),
  }
})

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
async function train(turns, { steps, batch, sequence, seed }, text, progress) {
  const random = createRandom(seed)
  const symbols = new Uint8Array(batch * (sequence + 1))
  const started = performance.now()
  const losses = []
  for (let step = 0; step < steps; step++) {
    for (let b = 0; b < batch; b++) {
      const start = Math.floor(random() * (text.length - sequence))
      symbols.set(text.subarray(start, start + sequence + 1), b * (sequence + 1))
    }
    turns.send(symbols)
    const loss = (await turns.receive(8)).readDoubleLE()
    if (!Number.isFinite(loss)) throw new Incorrect(`training diverged: the loss of step ${step} is ${loss}`)
    losses.push(loss)
    progress.show(mean(losses.slice(-20)), TRAINING_WORK * batch * sequence)
  }
  return { trainLoss: mean(losses.slice(-Math.ceil(steps / 10))), seconds: (performance.now() - started) / 1000 }
}

/** Gives the bits that each held-out symbol cost, in the order in which they were asked for. */
async function predict(turns, { steps, streams, rounds, vocab }, text, progress) {
  const bits = new Float64Array(streams * rounds)
  const symbols = new Uint8Array(streams)
  const started = performance.now()
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const frame = await turns.receive(streams * vocab * 4)
    for (let stream = 0; stream < streams; stream++) {
      symbols[stream] = text[stream * rounds + round]
      const cost = -Math.log2(probabilityOf(symbols[stream], frame, stream * vocab * 4, vocab))
      bits[round * streams + stream] = cost
      total += cost
    }
    turns.send(symbols)
    progress.show((total / ((round + 1) * streams)) * Math.LN2, streams)
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

/** Shows how far training and prediction are together, by the work in them. */
function createProgress({ steps, batch, sequence, streams, rounds }, progress) {
  const total = TRAINING_WORK * steps * batch * sequence + streams * rounds
  let done = 0
  return {
    show(loss, work) {
      done += work
      progress(Math.floor((steps * done) / total), steps, loss)
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
