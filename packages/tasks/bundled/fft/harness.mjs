// Runs a candidate and times it: the entry of the candidate's process, as `node … harness.mjs SHAPE`.
//
// SHAPE is JSON: { program, sizes, points }. Then the judge says what is to be transformed, over stdin, and the harness
// answers over stdout, in frames whose size both know (numbers are little-endian):
//
//   judge → harness     `program` bytes               the text of fft.mjs
//   as often as the judge likes:
//     judge → harness   2 × uint32                    a number of SHAPE's sizes, and a seed
//     harness → judge   float64                       nanoseconds that the transforms took, `points` / size of them
//     harness → judge   2 × `points` float64          their results: real parts, then imaginary parts
//
// The inputs are made here from the seed, outside of what is timed. No seed is known before its turn, so nothing can be
// computed ahead; the judge makes the inputs anew and compares every result.

import { readSync, writeSync } from "node:fs"
import { constants, createContext, runInContext } from "node:vm"
import { fillRandom } from "./oracle.mjs"

const { program, sizes, points } = JSON.parse(process.argv[2])
const now = process.hrtime.bigint

// The candidate lives in a realm of its own that has ECMAScript and nothing of Node. It gets numbers and arrays made in
// that realm, and no object of this one, which would lead to everything else in it. The clock and the loop that is timed
// are this realm's.
const realm = createContext(constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } })
const { describe, arraysFor } = runInContext(`(${createDriver})()`, realm)

// The arrays are made before the candidate's code could change what makes them; this realm has views of its own.
const rows = sizes.map((size) => {
  const made = arraysFor(size, points / size)
  const [re, im] = [Array.from(made.re), Array.from(made.im)]
  const views = [re, im].map((arrays) => arrays.map(({ buffer }) => new Float64Array(buffer)))
  return { re, im, views }
})
const source = Buffer.alloc(program)
receive(source)
const transforms = attempt(() => {
  const createTransform = loadProgram()
  return sizes.map((size) => createTransform(size))
})

const turn = new Uint32Array(2)
const results = new Float64Array(1 + 2 * points)
for (;;) {
  receive(new Uint8Array(turn.buffer))
  const [index, seed] = turn
  const { re, im, views } = rows[index]
  fillRandom(seed, ...views.flat())
  results[0] = attempt(() => timed(transforms[index], re, im))
  for (const [part, arrays] of views.entries()) {
    for (const [row, view] of arrays.entries()) results.set(view, 1 + part * points + row * sizes[index])
  }
  send(results)
}

/** Nanoseconds that it takes to transform all rows. */
function timed(transform, re, im) {
  const begin = now()
  for (let row = 0; row < re.length; row++) transform(re[row], im[row])
  return Number(now() - begin)
}

/** The program's createTransform. It is a script and no module, for a module could import; the judge saw its export. */
function loadProgram() {
  const text = source.toString().replace(/^export (?=function createTransform\()/m, "       ")
  return runInContext(`"use strict";${text}\n;createTransform`, realm, { filename: "fft.mjs" })
}

/** Calls into the realm; what it throws ends the process with a message. */
function attempt(action) {
  try {
    return action()
  } catch (error) {
    writeSync(2, describe(error))
    process.exit(1)
  }
}

function send(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  for (let sent = 0; sent < bytes.length;) sent += writeSync(1, bytes, sent)
}

/** Fills `bytes` from stdin; ends with the judge. */
function receive(bytes) {
  for (let received = 0; received < bytes.length;) {
    const count = readSync(0, bytes, received, bytes.length - received, null)
    if (count === 0) process.exit(0)
    received += count
  }
}

/** Its text is run inside the realm, before the candidate. */
function createDriver() {
  for (const name of ["Atomics", "Date", "Intl", "SharedArrayBuffer", "Temporal", "WebAssembly"])
    delete globalThis[name]

  return {
    describe(error) {
      try {
        return `${error?.stack ?? error}\n`.slice(0, 4096)
      } catch {
        return "an error that cannot be shown\n"
      }
    },
    arraysFor(size, count) {
      const make = () => Array.from({ length: count }, () => new Float64Array(size))
      return { re: make(), im: make() }
    },
  }
}
