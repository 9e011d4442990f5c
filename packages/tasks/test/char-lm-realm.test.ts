import { expect, test } from "vitest"
import { evaluate, program } from "./char-lm.ts"

/** What a program says of an expression before it has been given anything. */
async function valueOf(expression: string): Promise<string> {
  const { stderr } = await evaluate({
    files: { "train.mjs": program({ create: `throw "value: " + (${expression})` }) },
  })
  return /^value: (.*)$/m.exec(stderr)?.[1] ?? stderr
}

test.each(["process", "require", "module", "Buffer", "fetch", "setTimeout", "queueMicrotask", "performance"])(
  "a program has no %s",
  async (name) => {
    expect(await valueOf(`typeof ${name}`)).toBe("undefined")
  },
)

test("a program has no clock, no chance, no locale and no machine code", async () => {
  const names = ["Date", "Intl", "Temporal", "WebAssembly", "SharedArrayBuffer", "Atomics"]
  expect(await valueOf(`[${names.map((name) => `typeof ${name}`).join()}, typeof Math.random]`)).toBe(
    [...names, "Math.random"].map(() => "undefined").join(),
  )
})

test.each([
  ["the global object", "globalThis"],
  ["what createModel is given", "shape"],
  ["its own functions", "createModel"],
  ["the console", "console.log"],
])("%s leads to no code from strings", async (_, object) => {
  const create = `(${object}).constructor.constructor("return process")()`
  const { error } = await evaluate({ files: { "train.mjs": program({ create }) } })
  expect(error).toContain("Code generation from strings disallowed")
})

test("stack frames lead to no function of another realm", async () => {
  const frames = `(() => {
    let seen = 0
    let foreign = 0
    Error.prepareStackTrace = (_, frames) => {
      for (const object of [frames, ...frames, ...frames.map((f) => f.getThis()), ...frames.map((f) => f.getFunction())]) {
        seen++
        if (object !== undefined && !(object instanceof Object)) foreign++
      }
      return ""
    }
    void new Error("x").stack
    Error.prepareStackTrace = undefined
    return (seen > 3) + " " + foreign
  })()`
  expect(await valueOf(frames)).toBe("true 0")
})

test("an error with a face of its own stays in its realm", async () => {
  const create = `throw { stack: { toString() { throw 1 } }, [Symbol.for("nodejs.util.inspect.custom")]: () => "inspected" }`
  const { error, stderr } = await evaluate({ files: { "train.mjs": program({ create }) } })
  expect(error).toContain("an error that cannot be shown")
  expect(stderr).not.toContain("inspected")
})

test("a rejected promise is nobody's business", async () => {
  const create = `Promise.reject({ [Symbol.for("nodejs.util.inspect.custom")]: () => "inspected" })`
  const { error, stderr } = await evaluate({ files: { "train.mjs": program({ create }) } })
  expect(error).toBeNull()
  expect(stderr).not.toContain("inspected")
})

test("changed built-ins of the realm are not those of the harness", async () => {
  const top = `Object.prototype.then = 1
    Object.defineProperty(Object.prototype, "filename", { get() { throw 1 } })
    Array.prototype[Symbol.iterator] = undefined
    Uint8Array.prototype.__proto__.subarray = undefined`
  const { error, score } = await evaluate({ files: { "train.mjs": program({ top }) } })
  expect(error).toBeNull()
  expect(score).toBeCloseTo(Math.log2(75), 10)
})

test.each([
  ["says import", program({ create: `import("node:fs")` }), "import"],
  ["hides import behind a comment", program({ create: `import/**/("node:fs")` }), "import"],
  ["has two exports", `${program()}\nexport const more = 1`, "one export"],
  ["has no export", "function createModel() {}", "one export"],
  ["could hold the held-out text", `// ${noise(20_000)}\n${program()}`, "bytes compressed, the limit is 8192"],
])("a program that %s is incorrect", async (_, text, message) => {
  const { exitCode, error } = await evaluate({ files: { "train.mjs": text } })
  expect(exitCode).toBe(0)
  expect(error).toContain(message)
})

/** Text that does not compress. */
function noise(length: number): string {
  let state = 1
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCharCode(65 + (state % 26))
  }).join("")
}
