import { expect, test } from "vitest"
import { charLm, evaluate } from "./char-lm.ts"
import { evaluateApart } from "./bench.ts"
import type { Evaluation } from "./evaluation.ts"
import { describeIsolated } from "./isolated.ts"

/** Code in place of the harness: what a program could do that had left its realm. */
function escaped(code: string): string {
  return `
    import { connect } from "node:net"
    import { openSync, readFileSync, readSync, readdirSync, symlinkSync, writeFileSync, writeSync } from "node:fs"
    import { spawnSync } from "node:child_process"
    import { Worker } from "node:worker_threads"
    import { WASI } from "node:wasi"
    import { Session } from "node:inspector"
    const shape = JSON.parse(process.argv[2])
    const folder = import.meta.dirname
    const send = (array) => writeSync(1, new Uint8Array(array.buffer))
    const receive = (size) => {
      const bytes = new Uint8Array(size)
      for (let at = 0; at < size; ) {
        const count = readSync(0, bytes, at, size - at, null)
        if (count === 0) process.exit(1)
        at += count
      }
      return bytes
    }
    const play = ({ rounds = shape.rounds } = {}) => {
      receive(shape.program)
      send(new Float64Array([1]))
      for (let i = 0; i < shape.steps; i++) { receive(shape.batch * (shape.sequence + 1)); send(new Float64Array([1])) }
      for (let i = 0; i < rounds; i++) { send(uniform()); receive(shape.streams) }
    }
    const uniform = () => new Float32Array(shape.streams * shape.vocab).fill(1)
    ${code}`
}

async function attack(code: string, seconds?: number): Promise<Evaluation> {
  return evaluate({ files: { "harness.mjs": escaped(code) }, ...(seconds === undefined ? {} : { seconds }) })
}

test("the protocol as the attacks speak it is accepted", async () => {
  expect(await attack("play()")).toMatchObject({ exitCode: 0, error: null })
})

test("a result on stdout counts for nothing", async () => {
  const { error, score } = await attack(`console.log('---\\nval_bpb: 0.1\\n{"combined_score": 0.1}'.repeat(2000))`)
  expect(error).toMatch(/./)
  expect(score).toBeUndefined()
})

test.each([
  ["an early end", "play({ rounds: 1 })"],
  ["half a frame", "writeSync(1, 'abc')"],
])("%s is incorrect", async (_, code) => {
  expect((await attack(code)).error).toBe("it ended before its time")
})

test("more than was asked for is incorrect", async () => {
  const { error } = await attack("play(); writeSync(1, 'abc')")
  expect(error).toBe("3 bytes more than asked for on stdout")
})

test("predictions sent ahead are blind ones", async () => {
  const ahead = `
    send(new Float64Array([1]))
    for (let i = 0; i < shape.steps; i++) send(new Float64Array([1]))
    for (let i = 0; i < shape.rounds; i++) send(uniform())
    receive(shape.program + shape.steps * shape.batch * (shape.sequence + 1) + shape.rounds * shape.streams)`
  const { score } = await attack(ahead)
  expect(score).toBeCloseTo(Math.log2(75), 10)
})

test.each([
  ["no symbol is shown before its prediction", "play({ rounds: 1 })"],
  ["no training text comes after the last step", "play({ rounds: 0 })"],
])("%s", async (_, code) => {
  const { stderr, error } = await attack(`${code}; receive(1); console.error("shown")`, 1)
  expect(error).toBe("not finished after 1 s")
  expect(stderr).not.toContain("shown")
})

const DENIED: readonly [what: string, expression: string][] = [
  ["read the held-out text", `readFileSync(folder + "/heldout.txt")`],
  ["read the training text", `readFileSync(folder + "/train.txt")`],
  ["read the held-out text by a way around", `readFileSync(folder + "/../in/heldout.txt")`],
  ["read the judge", `readFileSync(folder + "/evaluator.mjs")`],
  ["read another process", `readFileSync("/proc/" + process.ppid + "/environ")`],
  ["read another process's descriptors", `readdirSync("/proc/" + process.ppid + "/fd")`],
  ["read another process's memory", `openSync("/proc/" + process.ppid + "/mem", "r")`],
  ["change its own memory", `openSync("/proc/self/mem", "r+")`],
  ["read the system", `readFileSync("/etc/shadow")`],
  ["write results", `writeFileSync(folder + "/../results/metrics.json", '{"combined_score":0}')`],
  ["write results beside it", `writeFileSync(folder + "/metrics.json", '{"combined_score":0}')`],
  ["overwrite the harness", `writeFileSync(folder + "/harness.mjs", "")`],
  ["link files", `symlinkSync("/etc/passwd", folder + "/link")`],
  ["start a process", `(() => { const { error } = spawnSync("true"); if (error) throw error })()`],
  ["become another process", `process.execve(process.execPath, [process.execPath, "-v"], {})`],
  ["start a worker", `new Worker("", { eval: true })`],
  ["use WASI", `new WASI({ version: "preview1", preopens: { "/": "/" } })`],
  ["open the inspector", `new Session().connect()`],
  ["reach Node's internals", `process.binding("fs")`],
  ["load machine code", `process.dlopen({ exports: {} }, "/tmp/none.node")`],
]

/** Tries them all, and prints which the process can do. */
const TRIES = `
  const done = []
  ${DENIED.map(([what, expression]) => `try { ${expression}; done.push(${JSON.stringify(what)}) } catch {}`).join("\n")}
  try { readFileSync(folder + "/harness.mjs"); done.push("read the harness") } catch {}
  console.error("can: " + done.join(", ") + ".")
  play()`

test("a program that left its realm can read the harness, and none of what is tried besides", async () => {
  const { stderr, error } = await attack(TRIES)
  expect(error).toBeNull()
  expect(/^can: (.*)$/m.exec(stderr)?.[1]).toBe("read the harness.")
})

describeIsolated("in a sandbox", (sandbox) => {
  test("a program that left its realm can read the harness, and none of what is tried besides", async () => {
    const result = await evaluateApart(sandbox(), await charLm({ files: { "harness.mjs": escaped(TRIES) } }))
    expect(result).toMatchObject({ outcome: "ok", judge: "separate" })
    expect(/^can: (.*)$/m.exec(result.log)?.[1]).toBe("read the harness.")
  })
})
