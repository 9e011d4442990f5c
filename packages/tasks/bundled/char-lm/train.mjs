// A character language model: embeddings of the last CONTEXT symbols, one hidden layer, softmax; trained by Adam.
// This is the file to improve. harness.mjs calls createModel once, then step() for each minibatch, then predict() and
// observe() in turn through the held-out text. There is ECMAScript and nothing else: no Node, no clock, no chance.
// After `@tune` stands what a constant may be: a range (`log`: searched by ratio; `step n`: in steps of n from its
// lower end) or the words to choose from.

const LEARNING_RATE = 0.002 // @tune 0.0003..0.03 log
const WARMUP = 0.1 // @tune 0..0.3
const FINAL_RATE = 1 // @tune 0..1
const BETA1 = 0.9 // @tune 0.5..0.98
const BETA2 = 0.999 // @tune 0.9..0.9995
const WEIGHT_DECAY = 0 // @tune 0..0.2
const CONTEXT = 8 // @tune 2..10 step 1
const EMBEDDING = 16 // @tune 4..24 step 4
const HIDDEN = 64 // @tune 32..112 step 16
const ACTIVATION = "tanh" // @tune tanh | relu | gelu
const INIT_SCALE = 1 // @tune 0.2..3 log
const CACHE_WEIGHT = 0 // @tune 0..0.6
const CACHE_ORDER = 3 // @tune 1..6 step 1
const ADAPT_RATE = 0 // @tune 0..1

const EPSILON = 1e-8
/** Characters of held-out text after which the network learns from them. */
const ADAPT_ROWS = 512

const activations = {
  tanh: { value: Math.tanh, slope: (x, y) => 1 - y * y },
  relu: { value: (x) => (x > 0 ? x : 0), slope: (x) => (x > 0 ? 1 : 0) },
  gelu: {
    value: (x) => x / (1 + Math.exp(-1.702 * x)),
    slope: (x) => {
      const s = 1 / (1 + Math.exp(-1.702 * x))
      return s + 1.702 * x * s * (1 - s)
    },
  },
}

export function createModel({ vocab, sequence, batch, steps, streams, seed }) {
  const random = createRandom(seed)
  const network = createNetwork(vocab, Math.max(batch * sequence, ADAPT_ROWS + streams), random)
  const cache = createCache(vocab, streams)
  let stepsDone = 0

  // Evaluation: the last symbols of each stream, newest first, and what was seen since the last adaptation.
  const recent = new Uint8Array(streams * CONTEXT).fill(vocab)
  const probabilities = new Float32Array(streams * vocab)
  const seen = {
    windows: new Uint8Array((ADAPT_ROWS + streams) * CONTEXT),
    targets: new Uint8Array(ADAPT_ROWS + streams),
    rows: 0,
  }
  const windows = new Uint8Array(batch * sequence * CONTEXT)
  const targets = new Uint8Array(batch * sequence)

  return {
    parameters: network.parameters,

    /** Learns from `batch` sequences of `sequence + 1` symbols; gives the mean loss in nats per symbol. */
    step(symbols) {
      cut(symbols, windows, targets, batch, sequence, vocab)
      const loss = network.learn(windows, targets, batch * sequence, rateAt(stepsDone, steps))
      stepsDone++
      return loss
    },

    /** For each stream, a distribution over its next symbol. */
    predict() {
      network.predict(recent, streams, probabilities)
      if (CACHE_WEIGHT > 0) cache.mix(probabilities)
      return probabilities
    },

    /** The symbol that came in each stream. */
    observe(symbols) {
      if (CACHE_WEIGHT > 0) cache.add(symbols)
      if (ADAPT_RATE > 0) {
        seen.windows.set(recent, seen.rows * CONTEXT)
        seen.targets.set(symbols, seen.rows)
        seen.rows += streams
        if (seen.rows >= ADAPT_ROWS) {
          network.learn(seen.windows, seen.targets, seen.rows, LEARNING_RATE * ADAPT_RATE)
          seen.rows = 0
        }
      }
      for (let s = 0; s < streams; s++) push(recent, s * CONTEXT, CONTEXT, symbols[s])
    },
  }
}

/** Linear warm-up, then a straight line from the full rate to FINAL_RATE of it. */
function rateAt(step, steps) {
  const warm = WARMUP * steps
  if (step < warm) return (LEARNING_RATE * (step + 1)) / (warm + 1)
  const left = (steps - step) / Math.max(1, steps - warm)
  return LEARNING_RATE * (FINAL_RATE + (1 - FINAL_RATE) * left)
}

/** For each position of each sequence: the CONTEXT symbols before it, newest first, and the one to predict. */
function cut(symbols, windows, targets, batch, sequence, none) {
  for (let b = 0, row = 0; b < batch; b++) {
    const start = b * (sequence + 1)
    for (let t = 0; t < sequence; t++, row++) {
      for (let c = 0; c < CONTEXT; c++) windows[row * CONTEXT + c] = c <= t ? symbols[start + t - c] : none
      targets[row] = symbols[start + t + 1]
    }
  }
}

/** The network with its optimizer. `maxRows`: the most windows learned from at once. */
function createNetwork(vocab, maxRows, random) {
  // One more symbol stands for "before the beginning".
  const symbols = vocab + 1
  const wide = CONTEXT * HIDDEN
  const sizes = [symbols * EMBEDDING, wide * EMBEDDING, HIDDEN, vocab * HIDDEN, vocab]
  const parameters = sizes.reduce((sum, size) => sum + size, 0)
  const all = new Float32Array(parameters)
  const allGradients = new Float32Array(parameters)
  const [embedding, hiddenWeights, hiddenBias, outputWeights, outputBias] = views(all, sizes)
  const [dEmbedding, dHiddenWeights, dHiddenBias, dOutputWeights, dOutputBias] = views(allGradients, sizes)
  fill(embedding, 1, random)
  fill(hiddenWeights, INIT_SCALE / Math.sqrt(EMBEDDING * CONTEXT), random)
  fill(outputWeights, INIT_SCALE / Math.sqrt(HIDDEN), random)
  const optimizer = createAdam(all, allGradients)
  const { value, slope } = activations[ACTIVATION]

  // What a symbol at a place of the window adds to the hidden layer: computed once, looked up for every window.
  const table = new Float32Array(symbols * wide)
  const dTable = new Float32Array(symbols * wide)
  const before = new Float32Array(maxRows * HIDDEN)
  const hidden = new Float32Array(maxRows * HIDDEN)
  const dHidden = new Float32Array(maxRows * HIDDEN)
  const output = new Float32Array(maxRows * vocab)
  const scratchA = new Float32Array(Math.max(maxRows * vocab, symbols * wide))
  const scratchB = new Float32Array(Math.max(maxRows * HIDDEN, wide * EMBEDDING))
  let tableIsFresh = false

  function forward(windows, rows) {
    if (!tableIsFresh) multiply(embedding, hiddenWeights, table, symbols, wide, EMBEDDING)
    tableIsFresh = true
    for (let row = 0; row < rows; row++) {
      const to = row * HIDDEN
      for (let h = 0; h < HIDDEN; h++) before[to + h] = hiddenBias[h]
      for (let c = 0; c < CONTEXT; c++) {
        const from = windows[row * CONTEXT + c] * wide + c * HIDDEN
        for (let h = 0; h < HIDDEN; h++) before[to + h] += table[from + h]
      }
    }
    for (let i = 0; i < rows * HIDDEN; i++) hidden[i] = value(before[i])
    multiply(hidden, outputWeights, output, rows, vocab, HIDDEN)
    for (let row = 0; row < rows; row++) softmax(output, row * vocab, outputBias)
  }

  function backward(windows, rows) {
    // here `output` holds the gradient of the scores
    sumRows(output, dOutputBias, rows, vocab)
    multiply(
      transpose(output, scratchA, rows, vocab),
      transpose(hidden, scratchB, rows, HIDDEN),
      dOutputWeights,
      vocab,
      HIDDEN,
      rows,
    )
    multiply(output, transpose(outputWeights, scratchB, vocab, HIDDEN), dHidden, rows, HIDDEN, vocab)
    for (let i = 0; i < rows * HIDDEN; i++) dHidden[i] *= slope(before[i], hidden[i])
    sumRows(dHidden, dHiddenBias, rows, HIDDEN)
    dTable.fill(0)
    for (let row = 0; row < rows; row++) {
      const from = row * HIDDEN
      for (let c = 0; c < CONTEXT; c++) {
        const to = windows[row * CONTEXT + c] * wide + c * HIDDEN
        for (let h = 0; h < HIDDEN; h++) dTable[to + h] += dHidden[from + h]
      }
    }
    multiply(dTable, transpose(hiddenWeights, scratchB, wide, EMBEDDING), dEmbedding, symbols, EMBEDDING, wide)
    multiply(
      transpose(dTable, scratchA, symbols, wide),
      transpose(embedding, scratchB, symbols, EMBEDDING),
      dHiddenWeights,
      wide,
      EMBEDDING,
      symbols,
    )
  }

  return {
    parameters,
    predict(windows, rows, probabilities) {
      forward(windows, rows)
      probabilities.set(output.subarray(0, rows * vocab))
    },
    learn(windows, targets, rows, rate) {
      forward(windows, rows)
      let loss = 0
      for (let row = 0; row < rows; row++) {
        const right = row * vocab + targets[row]
        loss -= Math.log(Math.max(output[right], 1e-30))
        output[right] -= 1
      }
      const share = 1 / rows
      for (let i = 0; i < rows * vocab; i++) output[i] *= share
      backward(windows, rows)
      optimizer.update(rate)
      tableIsFresh = false
      return loss / rows
    },
  }
}

/** Adam with decoupled weight decay. */
function createAdam(parameters, gradients) {
  const mean = new Float32Array(parameters.length)
  const square = new Float32Array(parameters.length)
  let power1 = 1
  let power2 = 1
  return {
    update(rate) {
      power1 *= BETA1
      power2 *= BETA2
      const size = rate / (1 - power1)
      for (let i = 0; i < parameters.length; i++) {
        const gradient = gradients[i]
        mean[i] = BETA1 * mean[i] + (1 - BETA1) * gradient
        square[i] = BETA2 * square[i] + (1 - BETA2) * gradient * gradient
        const move = mean[i] / (Math.sqrt(square[i] / (1 - power2)) + EPSILON)
        parameters[i] -= size * move + rate * WEIGHT_DECAY * parameters[i]
      }
    },
  }
}

/** Counts what followed the last CACHE_ORDER symbols, in all streams of the held-out text so far. */
function createCache(vocab, streams) {
  const slots = 1 << 16
  const counts = new Uint16Array(slots * vocab)
  const totals = new Uint16Array(slots)
  const recent = new Uint8Array(streams * CACHE_ORDER)
  /** Where a stream's present context is counted; contexts may share a slot. */
  const slotOf = (stream) => {
    let hash = 0
    for (let i = 0; i < CACHE_ORDER; i++) hash = Math.imul(hash ^ recent[stream * CACHE_ORDER + i], 0x9e3779b1)
    return (hash ^ (hash >>> 15)) & (slots - 1)
  }
  return {
    mix(probabilities) {
      for (let s = 0; s < streams; s++) {
        const slot = slotOf(s)
        if (totals[slot] === 0) continue
        const weight = (CACHE_WEIGHT * totals[slot]) / (totals[slot] + 1)
        const share = weight / totals[slot]
        for (let v = 0; v < vocab; v++) {
          const i = s * vocab + v
          probabilities[i] = (1 - weight) * probabilities[i] + share * counts[slot * vocab + v]
        }
      }
    },
    add(symbols) {
      for (let s = 0; s < streams; s++) {
        const slot = slotOf(s)
        counts[slot * vocab + symbols[s]]++
        totals[slot]++
        push(recent, s * CACHE_ORDER, CACHE_ORDER, symbols[s])
      }
    },
  }
}

/** out[rows × columns] = a[rows × inner] · b[columns × inner]ᵀ, in tiles of 2 × 4; the last tiles may overlap. */
function multiply(a, b, out, rows, columns, inner) {
  for (let row = 0; row < rows; row += 2) {
    const i = Math.min(row, rows - 2)
    const a0 = i * inner
    const a1 = a0 + inner
    for (let column = 0; column < columns; column += 4) {
      const j = Math.min(column, columns - 4)
      const b0 = j * inner
      const b1 = b0 + inner
      const b2 = b1 + inner
      const b3 = b2 + inner
      let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0]
      for (let k = 0; k < inner; k++) {
        const x = a[a0 + k]
        const y = a[a1 + k]
        const p = b[b0 + k]
        const q = b[b1 + k]
        const r = b[b2 + k]
        const t = b[b3 + k]
        s00 += x * p
        s01 += x * q
        s02 += x * r
        s03 += x * t
        s10 += y * p
        s11 += y * q
        s12 += y * r
        s13 += y * t
      }
      const top = i * columns + j
      out[top] = s00
      out[top + 1] = s01
      out[top + 2] = s02
      out[top + 3] = s03
      const bottom = top + columns
      out[bottom] = s10
      out[bottom + 1] = s11
      out[bottom + 2] = s12
      out[bottom + 3] = s13
    }
  }
}

function transpose(from, to, rows, columns) {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c]
  return to
}

function sumRows(from, to, rows, columns) {
  to.fill(0)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[c] += from[r * columns + c]
}

/** Turns the scores at `at` with their bias into probabilities, in place. */
function softmax(scores, at, bias) {
  let max = -Infinity
  for (let i = 0; i < bias.length; i++) max = Math.max(max, (scores[at + i] += bias[i]))
  let sum = 0
  for (let i = 0; i < bias.length; i++) sum += scores[at + i] = Math.exp(scores[at + i] - max)
  for (let i = 0; i < bias.length; i++) scores[at + i] /= sum
}

/** Puts `symbol` before the `length` symbols at `start`; the last of them falls out. */
function push(symbols, start, length, symbol) {
  symbols.copyWithin(start + 1, start, start + length - 1)
  symbols[start] = symbol
}

/** Consecutive parts of one array. */
function views(array, sizes) {
  let at = 0
  return sizes.map((size) => array.subarray(at, (at += size)))
}

function fill(array, deviation, random) {
  for (let i = 0; i < array.length; i++) array[i] = (random() * 2 - 1) * Math.sqrt(3) * deviation
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
