// Runs a candidate: the entry of the process that evaluator.mjs starts as `node … harness.mjs SHAPE`.
//
// SHAPE is JSON: { program, vocab, sequence, batch, steps, streams, rounds, seed }. From then on evaluator and
// candidate take turns over stdin and stdout, in frames whose size both know from SHAPE (numbers are little-endian):
//
//   evaluator → candidate     `program` bytes                  the text of train.mjs
//   candidate → evaluator     float64                          its number of trainable parameters
//   `steps` times:
//     evaluator → candidate   batch × (sequence + 1) bytes     sequences of symbols from the training text
//     candidate → evaluator   float64                          its loss on them, in nats per symbol; for display only
//   `rounds` times:
//     candidate → evaluator   streams × vocab float32          for each stream, a distribution over its next symbol
//     evaluator → candidate   streams bytes                    the symbols that came
//
// The held-out text is cut into `streams` equal parts that are read side by side. A distribution is committed before
// its symbol is sent, so nothing that a candidate does can show it a symbol early.

import { readSync, writeSync } from "node:fs"
import { constants, createContext, runInContext } from "node:vm"

const { program, steps, rounds, ...shape } = JSON.parse(process.argv[2])

// The candidate lives in a realm of its own that has ECMAScript and nothing of Node. Only strings, numbers and arrays
// made in that realm pass between the two: an object of this realm would lead to everything else in it.
const realm = createContext(constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } })
const { describe, drive } = runInContext(`(${createDriver})()`, realm)

const { model, source, batch, symbols, distributions, number } = drive(JSON.stringify({ ...shape, steps }), program)
receive(source)
call(() => model.create(loadProgram()))
send(number)
for (let step = 0; step < steps; step++) {
  receive(batch)
  call(model.step)
  send(number)
}
for (let round = 0; round < rounds; round++) {
  call(model.predict)
  send(distributions)
  receive(symbols)
  call(model.observe)
}
process.exit(0)

/** The program's createModel. It is a script and no module, for a module could import; the evaluator saw its export. */
function loadProgram() {
  const text = new TextDecoder().decode(source).replace(/^export (?=function createModel\()/m, "       ")
  return runInContext(`"use strict";${text}\n;createModel`, realm, { filename: "train.mjs" })
}

/** Calls into the realm; what it throws ends the process with a message. */
function call(action) {
  try {
    action()
  } catch (error) {
    writeSync(2, describe(error))
    process.exit(1)
  }
}

/** Writes an array's bytes to stdout. */
function send(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  for (let sent = 0; sent < bytes.length;) sent += writeSync(1, bytes, sent)
}

/** Fills `bytes` from stdin; ends with the evaluator. */
function receive(bytes) {
  for (let received = 0; received < bytes.length;) {
    const count = readSync(0, bytes, received, bytes.length - received, null)
    if (count === 0) process.exit(1)
    received += count
  }
}

/** Its text is run inside the realm, before the candidate. */
function createDriver() {
  // No clock and no chance: a run is a function of its seed.
  for (const name of ["Atomics", "Date", "Intl", "SharedArrayBuffer", "Temporal", "WebAssembly"])
    delete globalThis[name]
  delete Math.random

  function describe(error) {
    try {
      return `${error?.stack ?? error}\n`.slice(0, 4096)
    } catch {
      return "an error that cannot be shown\n"
    }
  }

  function drive(shapeText, program) {
    const shape = JSON.parse(shapeText)
    const batch = new Uint8Array(shape.batch * (shape.sequence + 1))
    const symbols = new Uint8Array(shape.streams)
    const distributions = new Float32Array(shape.streams * shape.vocab)
    const number = new Float64Array(1)
    let model
    const turns = {
      create(createModel) {
        model = createModel(shape)
        number[0] = model.parameters
      },
      step() {
        number[0] = model.step(batch)
      },
      predict() {
        const given = model.predict()
        if (given.length !== distributions.length) {
          throw new RangeError(`predict() gave ${given.length} numbers, not ${shape.streams} × ${shape.vocab}`)
        }
        distributions.set(given)
      },
      observe() {
        model.observe(symbols)
      },
    }
    return { model: turns, source: new Uint8Array(program), batch, symbols, distributions, number }
  }

  return { describe, drive }
}
