import { expect, test } from "vitest"
import { bundledPackage, type Package, textOf } from "./bench.ts"
import { evaluateAlone, type Evaluation } from "./evaluation.ts"

/** fft with few rounds, which no candidate can change. */
async function fft(program?: string): Promise<Package> {
  const evaluator = textOf(await bundledPackage("fft"), "evaluator.mjs")
  const short = evaluator.replace("const WARM_UP = 20", "const WARM_UP = 2").replace("ROUNDS = 81", "ROUNDS = 3")
  expect(short).not.toBe(evaluator)
  return bundledPackage("fft", { "evaluator.mjs": short, ...(program === undefined ? {} : { "fft.mjs": program }) })
}

async function evaluate(program?: string, seconds?: number): Promise<Evaluation> {
  return evaluateAlone(await fft(program), seconds)
}

/** The baseline with statements before its own, and others around each transform. */
async function around({ top = "", before = "", after = "" }): Promise<string> {
  const text = textOf(await bundledPackage("fft"), "fft.mjs")
  const call = "return (re, im) => transform(plan, re, im)"
  expect(text).toContain(call)
  return `${top}\n${text.replace(call, `return (re, im) => { ${before}; transform(plan, re, im); ${after} }`)}`
}

const CHOICES = { ROOTS: "kept", ORDER: "kept", RADIX: "four", OUTER: "transforms", FIRST: "special" }

test.each(["as it is", ...Object.keys(CHOICES), "all"])(
  "the baseline is right with another choice: %s",
  async (which) => {
    let text = textOf(await bundledPackage("fft"), "fft.mjs")
    for (const [name, value] of Object.entries(CHOICES)) {
      if (which === name || which === "all") {
        text = text.replace(new RegExp(`^const ${name} = "\\w+"`, "m"), `const ${name} = "${value}"`)
      }
    }
    const { error, score, metrics } = await evaluate(text)
    expect(error).toBeNull()
    expect(score).toBeGreaterThan(1)
    expect(Number(metrics["worst_error"])).toBeLessThan(1e-14)
    const times = [256, 1024, 4096, 16_384].map((size) => Number(metrics[`ns_per_point_${size}`]))
    expect(score).toBeCloseTo(times.reduce((product, time) => product * time, 1) ** 0.25, 6)
  },
)

const OFF = /^a transform of \d+ points is off by/

test.each<[string, Parameters<typeof around>[0] | string, RegExp]>([
  ["does nothing", "export function createTransform() { return () => {} }", OFF],
  ["gives constants", "export function createTransform() { return (re, im) => { re.fill(0); im.fill(0) } }", OFF],
  ["gives NaN", { after: "re[0] = NaN" }, /off by Infinity/],
  ["is off by a little", { after: "im[7] *= 1 + 1e-8" }, OFF],
  ["rounds to single precision", { after: "for (let i = 0; i < re.length; i++) re[i] = Math.fround(re[i])" }, OFF],
  [
    "gives an earlier result again",
    { top: "let kept", before: "if (kept?.length === re.length) { re.set(kept); return }", after: "kept = re.slice()" },
    OFF,
  ],
  ["transforms the other way", { before: "[re, im] = [im, re]" }, OFF],
  ["puts off the work", { before: "if (Promise.resolve().then(() => transform(plan, re, im))) return" }, OFF],
  ["skips one in fifty", { top: "let calls = 0", before: "if (++calls % 50 === 0) return" }, OFF],
  ["takes the arrays apart", { after: "re.buffer.transfer()" }, /detached|off by|RangeError|TypeError/],
  ["throws", { before: "throw new TypeError('no good')" }, /^TypeError: no good \(fft\.mjs:\d+\)$/],
  ["says import", { top: "// import" }, /`import`/],
  ["has two exports", { top: "export const more = 1" }, /one export/],
  ["is no JavaScript", "export function createTransform( {", /SyntaxError/],
  ["is too large", { top: `// ${"x".repeat(300_000)}` }, /larger than 262144 bytes/],
])("a candidate that %s is incorrect", async (_, candidate, message) => {
  const program = typeof candidate === "string" ? candidate : await around(candidate)
  const { exitCode, error, score } = await evaluate(program)
  expect({ exitCode, score }).toEqual({ exitCode: 0, score: undefined })
  expect(error).toMatch(message)
})

test("a candidate has no clock and no way to another realm", async () => {
  const names = [
    "process",
    "require",
    "performance",
    "Date",
    "setTimeout",
    "WebAssembly",
    "SharedArrayBuffer",
    "Atomics",
  ]
  const top = `const seen = [${names.map((name) => `typeof ${name}`).join()}].filter((type) => type !== "undefined")
    if (seen.length > 0) throw new Error("seen " + seen)`
  expect(await evaluate(await around({ top }))).toMatchObject({ error: null })
  const escape = "globalThis.constructor.constructor('return process')()"
  expect((await evaluate(await around({ top: escape }))).error).toContain("Code generation from strings disallowed")
})

test("changed built-ins change neither the clock nor the judgement", async () => {
  const honest = await evaluate()
  const top = `Math.sin = ((sin) => (x) => sin(x))(Math.sin)
    Object.prototype.then = 1
    Number.prototype.valueOf = () => 0
    BigInt.prototype.valueOf = () => 0n
    globalThis.BigInt = globalThis.Number = () => 0
    Float64Array.prototype.__proto__.set = () => {}
    Array.prototype[Symbol.iterator] = undefined`
  const patched = await evaluate(await around({ top: top.replace("Math.sin", "Math.tan") }))
  expect(patched.error).toBeNull()
  expect(patched.score).toBeGreaterThan(Number(honest.score) / 20)
})

test.each(["top", "before"])("an endless loop in %s ends", async (where) => {
  const { error } = await evaluate(await around({ [where]: "for (;;);" }), 1)
  expect(error).toBe("not finished after 1 s")
})

test("a memory bomb ends at the heap's limit", async () => {
  const { error } = await evaluate(
    await around({ top: "const all = []; for (;;) all.push(new Array(1e5).fill(all.length))" }),
  )
  expect(error).toMatch(/heap|memory|SIG/i)
})
