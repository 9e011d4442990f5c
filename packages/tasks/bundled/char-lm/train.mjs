// A character language model, trained by Adam: by default embeddings of the last CONTEXT symbols with one hidden layer,
// else a small transformer; on request blended with counts of what followed the last symbols.
// This is the file to improve. harness.mjs calls createModel once, then step() for each minibatch, then predict() and
// observe() in turn through the held-out text. There is ECMAScript and nothing else: no Node, no clock, no chance.
// After `@tune` stands what a constant may be: a range (`log`: searched by ratio; `step n`: in steps of n from its
// lower end) or the words to choose from; and after `when`, where it has an effect.

const ARCHITECTURE = "mlp" // @tune mlp | transformer
const LEARNING_RATE = 0.002 // @tune 0.0003..0.03 log
const WARMUP = 0.1 // @tune 0..0.3
const FINAL_RATE = 1 // @tune 0..1
const BETA1 = 0.9 // @tune 0.5..0.98
const BETA2 = 0.999 // @tune 0.9..0.9995
const WEIGHT_DECAY = 0 // @tune 0..0.2
/** Width of the hidden layer, or of the transformer. */
const HIDDEN = 64 // @tune 32..112 step 16
const ACTIVATION = "tanh" // @tune tanh | relu | gelu
const INIT_SCALE = 1 // @tune 0.2..3 log
/** Minibatches of those seen so far that are learned from again after each one. */
const REPEATS = 0 // @tune 0..2 step 1
/** Share of the learning rate at which the network goes on learning from the held-out text. */
const ADAPT_RATE = 0 // @tune 0..1
/** What is counted: nothing, what came of the held-out text, or the training text as well. */
const COUNTS = "none" // @tune none | heldout | all
/** The most symbols before another one whose followers are counted. */
const ORDER = 4 // @tune 2..7 step 1 when COUNTS != none
/** How much of every count is given to what shorter contexts expect. */
const DISCOUNT = 0.75 // @tune 0.3..0.95 when COUNTS != none
/** How fast it is learned whom to believe. */
const MIX_RATE = 0.001 // @tune 0.0002..0.005 when COUNTS != none
// The hidden layer's inputs.
const CONTEXT = 8 // @tune 2..10 step 1 when ARCHITECTURE = mlp
const EMBEDDING = 16 // @tune 4..24 step 4 when ARCHITECTURE = mlp
// The transformer: its layers, the numbers in a head, and how much wider the hidden layer in each is.
const LAYERS = 1 // @tune 1..2 step 1 when ARCHITECTURE = transformer
const HEAD = 16
const WIDEN = 2 // @tune 1..3 step 1 when ARCHITECTURE = transformer

const EPSILON = 1e-8

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
  const createNetwork = ARCHITECTURE === "transformer" ? createTransformer : createMlp
  const network = createNetwork({ vocab, sequence, streams, maxSequences: Math.max(batch, streams), random })
  const optimizer = createAdam(network.weights, network.gradients)
  const counts = COUNTS === "none" ? null : createCounts(vocab, streams)
  const length = sequence + 1
  let stepsDone = 0
  const seen = new Uint8Array(REPEATS > 0 ? steps * batch * length : 0)
  const again = new Uint8Array(batch * length)
  // Evaluation: what came in each stream since the network last learned from it.
  const lately = new Uint8Array(streams * length)
  const probabilities = new Float32Array(streams * vocab)
  let came = 0

  function learn(symbols, sequences, rate) {
    const loss = network.learn(symbols, sequences)
    optimizer.update(rate)
    return loss
  }

  return {
    parameters: network.weights.length,

    /** Learns from `batch` sequences of `sequence + 1` symbols; gives the mean loss in nats per symbol. */
    step(symbols) {
      const rate = rateAt(stepsDone, steps)
      const loss = learn(symbols, batch, rate)
      if (COUNTS === "all") for (let b = 0; b < batch; b++) counts.learn(symbols, b * length, length)
      if (REPEATS > 0) seen.set(symbols, stepsDone * symbols.length)
      stepsDone++
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        for (let b = 0; b < batch; b++) {
          const start = Math.floor(random() * stepsDone * batch) * length
          again.set(seen.subarray(start, start + length), b * length)
        }
        learn(again, batch, rate)
      }
      return loss
    },

    /** For each stream, a distribution over its next symbol. */
    predict() {
      network.predict(probabilities)
      counts?.blend(probabilities)
      return probabilities
    },

    /** The symbol that came in each stream. */
    observe(symbols) {
      network.observe(symbols)
      counts?.observe(symbols)
      if (ADAPT_RATE === 0) return
      for (let s = 0; s < streams; s++) lately[s * length + came] = symbols[s]
      came++
      if (came < length) return
      learn(lately, streams, LEARNING_RATE * ADAPT_RATE)
      for (let s = 0; s < streams; s++) lately[s * length] = symbols[s]
      came = 1
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

/** The last CONTEXT symbols through one hidden layer. */
function createMlp({ vocab, sequence, streams, maxSequences, random }) {
  // One more symbol stands for "before the beginning".
  const symbols = vocab + 1
  const wide = CONTEXT * HIDDEN
  const maxRows = maxSequences * sequence
  const { weights, gradients, parts } = createWeights([
    symbols * EMBEDDING,
    wide * EMBEDDING,
    HIDDEN,
    vocab * HIDDEN,
    vocab,
  ])
  const [embedding, hiddenWeights, hiddenBias, outputWeights, outputBias] = parts
  fill(embedding.values, 1, random)
  fill(hiddenWeights.values, INIT_SCALE / Math.sqrt(EMBEDDING * CONTEXT), random)
  fill(outputWeights.values, INIT_SCALE / Math.sqrt(HIDDEN), random)
  const { value, slope } = activations[ACTIVATION]

  // What a symbol at a place of the window adds to the hidden layer: computed once, looked up for every window.
  const table = createLinear(hiddenWeights, EMBEDDING, symbols)
  const readOut = createReadOut(outputWeights, outputBias, HIDDEN, maxRows)
  const dTable = new Float32Array(symbols * wide)
  const before = new Float32Array(maxRows * HIDDEN)
  const hidden = new Float32Array(maxRows * HIDDEN)
  const windows = new Uint8Array(maxRows * CONTEXT)
  const targets = new Uint8Array(maxRows)
  /** The last symbols of each stream, newest first. */
  const recent = new Uint8Array(streams * CONTEXT).fill(vocab)
  let tableIsFresh = false

  function forward(windows, rows) {
    if (!tableIsFresh) table.forward(embedding.values, symbols)
    tableIsFresh = true
    for (let row = 0; row < rows; row++) {
      const to = row * HIDDEN
      for (let h = 0; h < HIDDEN; h++) before[to + h] = hiddenBias.values[h]
      for (let c = 0; c < CONTEXT; c++) {
        const from = windows[row * CONTEXT + c] * wide + c * HIDDEN
        for (let h = 0; h < HIDDEN; h++) before[to + h] += table.out[from + h]
      }
    }
    for (let i = 0; i < rows * HIDDEN; i++) hidden[i] = value(before[i])
    return readOut.forward(hidden, rows)
  }

  return {
    weights,
    gradients,

    learn(text, sequences) {
      // For each position: the CONTEXT symbols before it, newest first, and the one to predict.
      for (let b = 0, row = 0; b < sequences; b++) {
        const start = b * (sequence + 1)
        for (let t = 0; t < sequence; t++, row++) {
          for (let c = 0; c < CONTEXT; c++) windows[row * CONTEXT + c] = c <= t ? text[start + t - c] : vocab
          targets[row] = text[start + t + 1]
        }
      }
      const rows = sequences * sequence
      forward(windows, rows)
      const loss = readOut.loss(targets, rows)
      const dHidden = readOut.backward(rows)
      for (let i = 0; i < rows * HIDDEN; i++) dHidden[i] *= slope(before[i], hidden[i])
      sumRows(dHidden, hiddenBias.gradients, rows, HIDDEN)
      dTable.fill(0)
      for (let row = 0; row < rows; row++) {
        const from = row * HIDDEN
        for (let c = 0; c < CONTEXT; c++) {
          const to = windows[row * CONTEXT + c] * wide + c * HIDDEN
          for (let h = 0; h < HIDDEN; h++) dTable[to + h] += dHidden[from + h]
        }
      }
      embedding.gradients.set(table.backward(dTable, symbols).subarray(0, symbols * EMBEDDING))
      tableIsFresh = false
      return loss
    },

    predict(probabilities) {
      probabilities.set(forward(recent, streams).subarray(0, streams * vocab))
    },

    observe(symbols) {
      for (let s = 0; s < streams; s++) push(recent, s * CONTEXT, CONTEXT, symbols[s])
    },
  }
}

/** LAYERS of causal self-attention and a hidden layer, each behind a norm and added to what went in. */
function createTransformer({ vocab, sequence, streams, maxSequences, random }) {
  const maxRows = maxSequences * sequence
  const wide = WIDEN * HIDDEN
  const heads = HIDDEN / HEAD
  const layerSizes = [3 * HIDDEN * HIDDEN, HIDDEN * HIDDEN, heads * sequence, wide * HIDDEN, HIDDEN * wide]
  const { weights, gradients, parts } = createWeights([
    (vocab + 1) * HIDDEN,
    vocab * HIDDEN,
    vocab,
    ...Array.from({ length: LAYERS }, () => layerSizes).flat(),
  ])
  const [embedding, outputWeights, outputBias, ...others] = parts
  fill(embedding.values, 1, random)
  fill(outputWeights.values, INIT_SCALE / Math.sqrt(HIDDEN), random)
  const layers = Array.from({ length: LAYERS }, (_, layer) => createLayer(others.slice(layer * 5, layer * 5 + 5)))
  const lastNorm = createNorm(maxRows)
  const readOut = createReadOut(outputWeights, outputBias, HIDDEN, maxRows)
  const x = new Float32Array(maxRows * HIDDEN)
  const inputs = new Uint8Array(maxRows)
  const targets = new Uint8Array(maxRows)
  const newest = new Uint8Array(streams).fill(vocab)
  /** Rows of each stream that the layers remember. */
  let remembered = 0

  function createLayer([qkvWeights, mergeWeights, distances, widenWeights, narrowWeights]) {
    const small = INIT_SCALE / Math.sqrt(2 * LAYERS)
    fill(qkvWeights.values, INIT_SCALE / Math.sqrt(HIDDEN), random)
    fill(mergeWeights.values, small / Math.sqrt(HIDDEN), random)
    fill(widenWeights.values, INIT_SCALE / Math.sqrt(HIDDEN), random)
    fill(narrowWeights.values, small / Math.sqrt(wide), random)
    // At first each head looks less far back than the one before.
    for (let h = 0; h < heads; h++)
      for (let d = 0; d < sequence; d++) distances.values[h * sequence + d] = -d / 2 ** (heads - 1 - h)
    const norms = [createNorm(maxRows), createNorm(maxRows)]
    const qkv = createLinear(qkvWeights, HIDDEN, maxRows)
    const attention = createAttention(distances, heads, sequence, maxSequences)
    const merge = createLinear(mergeWeights, HIDDEN, maxRows)
    const widen = createLinear(widenWeights, HIDDEN, maxRows)
    const narrow = createLinear(narrowWeights, wide, maxRows)
    const hidden = new Float32Array(maxRows * wide)
    const { value, slope } = activations[ACTIVATION]
    const memory = new Float32Array(streams * sequence * 3 * HIDDEN)

    function feedForward(rows) {
      widen.forward(norms[1].forward(x, rows), rows)
      for (let i = 0; i < rows * wide; i++) hidden[i] = value(widen.out[i])
      add(x, narrow.forward(hidden, rows), rows * HIDDEN)
    }

    return {
      forward(sequences) {
        const rows = sequences * sequence
        qkv.forward(norms[0].forward(x, rows), rows)
        attention.forward(qkv.out, sequences, 0, 0)
        add(x, merge.forward(attention.out, rows), rows * HIDDEN)
        feedForward(rows)
      },
      /** One more row of each stream. */
      advance() {
        const size = 3 * HIDDEN
        qkv.forward(norms[0].forward(x, streams), streams)
        memory.copyWithin(0, size)
        for (let s = 0; s < streams; s++)
          memory.set(qkv.out.subarray(s * size, (s + 1) * size), ((s + 1) * sequence - 1) * size)
        attention.forward(memory, streams, sequence - 1, sequence - remembered)
        add(x, merge.forward(attention.out, streams), streams * HIDDEN)
        feedForward(streams)
      },
      /** `d` is the gradient of what came out, and then of what went in. */
      backward(d, rows) {
        const dHidden = narrow.backward(d, rows)
        for (let i = 0; i < rows * wide; i++) dHidden[i] *= slope(widen.out[i], hidden[i])
        norms[1].backward(widen.backward(dHidden, rows), d, rows)
        const dQkv = attention.backward(qkv.out, merge.backward(d, rows), rows / sequence)
        norms[0].backward(qkv.backward(dQkv, rows), d, rows)
      },
    }
  }

  function embed(symbols, rows) {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < HIDDEN; i++) x[row * HIDDEN + i] = embedding.values[symbols[row] * HIDDEN + i]
    }
  }

  return {
    weights,
    gradients,

    learn(text, sequences) {
      const rows = sequences * sequence
      for (let row = 0; row < rows; row++) {
        const at = row + Math.floor(row / sequence)
        inputs[row] = text[at]
        targets[row] = text[at + 1]
      }
      embed(inputs, rows)
      for (const layer of layers) layer.forward(sequences)
      readOut.forward(lastNorm.forward(x, rows), rows)
      const loss = readOut.loss(targets, rows)
      const d = x.fill(0)
      lastNorm.backward(readOut.backward(rows), d, rows)
      for (const layer of layers.toReversed()) layer.backward(d, rows)
      embedding.gradients.fill(0)
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < HIDDEN; i++) embedding.gradients[inputs[row] * HIDDEN + i] += d[row * HIDDEN + i]
      }
      return loss
    },

    predict(probabilities) {
      remembered = Math.min(sequence, remembered + 1)
      embed(newest, streams)
      for (const layer of layers) layer.advance()
      const output = readOut.forward(lastNorm.forward(x, streams), streams)
      probabilities.set(output.subarray(0, streams * vocab))
    },

    observe(symbols) {
      newest.set(symbols)
    },
  }
}

/** Heads of causal attention over `length` rows; each head has a bias for every distance. */
function createAttention(distances, heads, length, maxSequences) {
  const size = 3 * HIDDEN
  const rows = maxSequences * length
  const shares = new Float32Array(rows * heads * length)
  const out = new Float32Array(rows * HIDDEN)
  const dQkv = new Float32Array(rows * size)
  const dShares = new Float32Array(length)
  const scale = 1 / Math.sqrt(HEAD)

  /** Calls with each row from `first` on of every sequence and each head: where its numbers lie. */
  function eachQuery(sequences, first, visit) {
    for (let s = 0, at = 0; s < sequences; s++) {
      for (let t = first; t < length; t++, at++) for (let h = 0; h < heads; h++) visit(s * length, t, h, at)
    }
  }

  return {
    out,
    /** Rows before `begin` are not looked at. */
    forward(qkv, sequences, first, begin) {
      eachQuery(sequences, first, (row, t, h, at) => {
        const q = (row + t) * size + h * HEAD
        const p = (at * heads + h) * length
        let max = -Infinity
        for (let j = begin; j <= t; j++) {
          const k = (row + j) * size + HIDDEN + h * HEAD
          let dot = 0
          for (let i = 0; i < HEAD; i++) dot += qkv[q + i] * qkv[k + i]
          shares[p + j] = dot * scale + distances.values[h * length + t - j]
          max = Math.max(max, shares[p + j])
        }
        let sum = 0
        for (let j = begin; j <= t; j++) sum += shares[p + j] = Math.exp(shares[p + j] - max)
        const o = at * HIDDEN + h * HEAD
        out.fill(0, o, o + HEAD)
        for (let j = begin; j <= t; j++) {
          const v = (row + j) * size + 2 * HIDDEN + h * HEAD
          const share = (shares[p + j] /= sum)
          for (let i = 0; i < HEAD; i++) out[o + i] += share * qkv[v + i]
        }
      })
    },

    backward(qkv, dOut, sequences) {
      dQkv.fill(0)
      distances.gradients.fill(0)
      eachQuery(sequences, 0, (row, t, h, at) => {
        const q = (row + t) * size + h * HEAD
        const p = (at * heads + h) * length
        const o = at * HIDDEN + h * HEAD
        let mean = 0
        for (let j = 0; j <= t; j++) {
          const v = (row + j) * size + 2 * HIDDEN + h * HEAD
          const share = shares[p + j]
          let dot = 0
          for (let i = 0; i < HEAD; i++) {
            dot += dOut[o + i] * qkv[v + i]
            dQkv[v + i] += share * dOut[o + i]
          }
          dShares[j] = dot
          mean += share * dot
        }
        for (let j = 0; j <= t; j++) {
          const k = (row + j) * size + HIDDEN + h * HEAD
          const d = shares[p + j] * (dShares[j] - mean)
          distances.gradients[h * length + t - j] += d
          for (let i = 0; i < HEAD; i++) {
            dQkv[q + i] += d * scale * qkv[k + i]
            dQkv[k + i] += d * scale * qkv[q + i]
          }
        }
      })
      return dQkv
    },
  }
}

/** Rows divided by their root mean square. */
function createNorm(maxRows) {
  const out = new Float32Array(maxRows * HIDDEN)
  const factors = new Float32Array(maxRows)
  return {
    forward(x, rows) {
      for (let row = 0, at = 0; row < rows; row++, at += HIDDEN) {
        let sum = 0
        for (let i = 0; i < HIDDEN; i++) sum += x[at + i] * x[at + i]
        factors[row] = 1 / Math.sqrt(sum / HIDDEN + 1e-6)
        for (let i = 0; i < HIDDEN; i++) out[at + i] = x[at + i] * factors[row]
      }
      return out
    },
    /** Adds the gradient of what went in to `dX`. */
    backward(dOut, dX, rows) {
      for (let row = 0, at = 0; row < rows; row++, at += HIDDEN) {
        let mean = 0
        for (let i = 0; i < HIDDEN; i++) mean += (dOut[at + i] * out[at + i]) / HIDDEN
        for (let i = 0; i < HIDDEN; i++) dX[at + i] += factors[row] * (dOut[at + i] - out[at + i] * mean)
      }
    },
  }
}

/** out = x · weightsᵀ, for weights of as many columns as `inner`. */
function createLinear({ values, gradients }, inner, maxRows) {
  const outer = values.length / inner
  const out = new Float32Array(maxRows * outer)
  const dX = new Float32Array(maxRows * inner)
  const scratchA = new Float32Array(maxRows * outer)
  const scratchB = new Float32Array(Math.max(maxRows * inner, values.length))
  let x
  return {
    out,
    forward(given, rows) {
      x = given
      multiply(x, values, out, rows, outer, inner)
      return out
    },
    backward(dOut, rows) {
      const left = transpose(dOut, scratchA, rows, outer)
      multiply(left, transpose(x, scratchB, rows, inner), gradients, outer, inner, rows)
      multiply(dOut, transpose(values, scratchB, outer, inner), dX, rows, inner, outer)
      return dX
    },
  }
}

/** Scores with their bias as probabilities, and the cross-entropy of what came. */
function createReadOut(weights, bias, inner, maxRows) {
  const linear = createLinear(weights, inner, maxRows)
  const { out } = linear
  const vocab = bias.values.length
  return {
    forward(x, rows) {
      linear.forward(x, rows)
      for (let row = 0; row < rows; row++) softmax(out, row * vocab, bias.values)
      return out
    },
    /** The mean loss; from then on `out` holds the gradient of the scores. */
    loss(targets, rows) {
      let loss = 0
      for (let row = 0; row < rows; row++) {
        const right = row * vocab + targets[row]
        loss -= Math.log(Math.max(out[right], 1e-30))
        out[right] -= 1
      }
      const share = 1 / rows
      for (let i = 0; i < rows * vocab; i++) out[i] *= share
      return loss / rows
    },
    backward(rows) {
      sumRows(out, bias.gradients, rows, vocab)
      return linear.backward(out, rows)
    },
  }
}

/** Weights in one array, and their gradients in another, cut into parts of these sizes. */
function createWeights(sizes) {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const weights = new Float32Array(total)
  const gradients = new Float32Array(total)
  let at = 0
  const parts = sizes.map((size) => {
    const [start, end] = [at, (at += size)]
    return { values: weights.subarray(start, end), gradients: gradients.subarray(start, end) }
  })
  return { weights, gradients, parts }
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

/**
 * Counts what followed the last 1 to ORDER symbols, and mixes what that lets expect with what the network expects: by
 * logarithms, with weights that are learned on the way, separately for each length of the longest context seen before.
 */
function createCounts(vocab, streams) {
  const slots = 1 << 18
  const orders = Array.from({ length: ORDER }, () => ({
    /** The hash of the context that is counted in each slot; 0 where there is none. */
    contexts: new Uint32Array(slots),
    counts: new Uint8Array(slots * vocab),
    totals: new Uint16Array(slots),
    kinds: new Uint8Array(slots),
  }))
  /** The last symbols of each stream, the newest at the end. */
  const recent = new Uint8Array(streams * ORDER)
  let seen = 0

  const experts = ORDER + 1
  const weights = new Float64Array((ORDER + 1) * experts).fill(1 / experts)
  const longest = new Uint8Array(streams)
  const chain = new Float64Array(vocab)
  const logs = new Float64Array(streams * experts * vocab)
  const mixed = new Float64Array(streams * vocab)

  /** Calls with the table of each order, and the slot in it for the symbols before `end`. */
  function eachOrder(symbols, end, most, visit) {
    let hash = 0
    for (let order = 1; order <= Math.min(most, ORDER); order++) {
      hash = Math.imul(hash ^ (symbols[end - order] + 1), 0x9e3779b1)
      hash ^= hash >>> 15
      const table = orders[order - 1]
      const context = hash >>> 0 || 1
      for (let probe = 0; probe < 8; probe++) {
        const slot = (hash + probe) & (slots - 1)
        if (table.contexts[slot] !== 0 && table.contexts[slot] !== context) continue
        visit(table, slot, context, order)
        break
      }
    }
  }

  function count(symbols, end, most, symbol) {
    eachOrder(symbols, end, most, ({ contexts, counts, totals, kinds }, slot, context) => {
      const i = slot * vocab + symbol
      if (counts[i] === 255) return
      contexts[slot] = context
      if (counts[i]++ === 0) kinds[slot]++
      totals[slot]++
    })
  }

  /** The logarithms of a stream's expectations: the network's, then those of longer and longer contexts. */
  function consult(s, probabilities) {
    const start = s * experts * vocab
    for (let v = 0; v < vocab; v++) logs[start + v] = Math.log(Math.max(probabilities[s * vocab + v], 1e-9))
    chain.fill(1 / vocab)
    longest[s] = 0
    eachOrder(recent, (s + 1) * ORDER, seen, ({ counts, totals, kinds }, slot, _, order) => {
      if (totals[slot] === 0) return
      longest[s] = order
      // absolute discounting: what is taken from each count goes to what shorter contexts expect
      const rest = (DISCOUNT * kinds[slot]) / totals[slot]
      for (let v = 0; v < vocab; v++) {
        const n = counts[slot * vocab + v]
        chain[v] = rest * chain[v] + (n > 0 ? (n - DISCOUNT) / totals[slot] : 0)
        logs[start + order * vocab + v] = Math.log(chain[v])
      }
    })
  }

  return {
    /** A piece of text. */
    learn(symbols, start, length) {
      for (let i = 1; i < length; i++) count(symbols, start + i, i, symbols[start + i])
    },
    /** Puts the mixture in the place of the network's expectations. */
    blend(probabilities) {
      for (let s = 0; s < streams; s++) {
        consult(s, probabilities)
        const w = longest[s] * experts
        let sum = 0
        for (let v = 0; v < vocab; v++) {
          let score = 0
          for (let e = 0; e <= longest[s]; e++) score += weights[w + e] * logs[(s * experts + e) * vocab + v]
          sum += mixed[s * vocab + v] = Math.exp(score)
        }
        for (let v = 0; v < vocab; v++) probabilities[s * vocab + v] = mixed[s * vocab + v] /= sum
      }
    },
    observe(symbols) {
      for (let s = 0; s < streams; s++) {
        for (let e = 0; e <= longest[s]; e++) {
          const at = (s * experts + e) * vocab
          let gain = logs[at + symbols[s]]
          for (let v = 0; v < vocab; v++) gain -= mixed[s * vocab + v] * logs[at + v]
          weights[longest[s] * experts + e] += MIX_RATE * gain
        }
        count(recent, (s + 1) * ORDER, seen, symbols[s])
        recent.copyWithin(s * ORDER, s * ORDER + 1, (s + 1) * ORDER)
        recent[(s + 1) * ORDER - 1] = symbols[s]
      }
      seen++
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

function add(to, from, count) {
  for (let i = 0; i < count; i++) to[i] += from[i]
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
