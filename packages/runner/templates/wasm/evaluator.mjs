// Judges a candidate: node evaluator.mjs --program_path candidate.wasm --results_dir DIR
// Sorts five inputs, each in a fresh instance, and scores the fuel. A module reaches nothing but its own memory, so it
// runs here, metered, with the same result on any machine.
import { readFileSync } from "node:fs"
import { instantiate, prepareModule, WasmRefused, WasmTrap } from "./lib/spore-wasm.mjs"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"

const COUNT = 4096
const AT = 65_536
const FUEL = 50_000_000
const LIMITS = { maxMemoryPages: 16 }

await evaluate(async ({ programPath, seed }) => {
  try {
    return await judge(readFileSync(programPath), seed)
  } catch (error) {
    // whatever else fails is this machine or this evaluator, not the candidate
    if (error instanceof WasmRefused || error instanceof WasmTrap)
      throw new Incorrect(`${error.name}: ${error.message}`)
    throw error
  }
})

async function judge(module, seed) {
  const prepared = prepareModule(module, LIMITS)
  const fuel = {}
  const states = []
  for (const [name, values] of Object.entries(inputs(seed))) {
    const sorted = await sort(prepared, values)
    fuel[name] = sorted.fuel
    states.push(`${name}: ${sorted.fuel} fuel, state ${sorted.hash}`)
  }
  const total = Object.values(fuel).reduce((sum, each) => sum + each, 0)
  return { score: total / (COUNT * states.length), public: fuel, feedback: states.join("\n") }
}

async function sort(prepared, values) {
  const instance = await instantiate(prepared, { fuel: FUEL })
  const offered = instance.exports.some(({ name, kind }) => name === "sort" && kind === "function")
  if (!offered) throw new Incorrect("the module exports no function sort")
  if (instance.memory.length < AT + values.byteLength)
    throw new Incorrect("the module's memory is too small for the input")
  const before = new DataView(instance.memory.buffer)
  for (const [index, value] of values.entries()) before.setUint32(AT + index * 4, value, true)
  instance.call("sort", values.length)
  const after = new DataView(instance.memory.buffer)
  for (const [index, value] of values.toSorted().entries()) {
    if (after.getUint32(AT + index * 4, true) !== value) throw new Incorrect(`number ${index} is not in its place`)
  }
  return { fuel: instance.fuelUsed(), hash: await instance.hash() }
}

function inputs(seed) {
  const source = numbers(seed)
  const next = () => source.next().value
  const random = Uint32Array.from({ length: COUNT }, next)
  const sorted = random.toSorted()
  const nearly = sorted.slice()
  for (let swaps = 0; swaps < 64; swaps++) {
    const [one, other] = [next() % COUNT, next() % COUNT]
    ;[nearly[one], nearly[other]] = [nearly[other], nearly[one]]
  }
  return { random, sorted, reversed: sorted.toReversed(), few: random.map((value) => value % 7), nearly }
}

function* numbers(seed) {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    // the low bits of such a generator are poor
    yield (state ^ (state >>> 15)) >>> 0
  }
}
