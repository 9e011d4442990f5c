import { expect, test } from "vitest"
import { type Evaluation, evaluate } from "./evaluation.ts"

/** Code in place of the harness: what a program could do that had left its realm. */
function escaped(code: string): string {
  return `
    import { readSync, writeSync, readFileSync, readdirSync, writeFileSync, openSync, symlinkSync } from "node:fs"
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

test.each([
  ["the held-out text", `readFileSync(folder + "/heldout.txt")`],
  ["the training text", `readFileSync(folder + "/train.txt")`],
  ["the held-out text by a way around", `readFileSync(folder + "/harness.mjs/../heldout.txt")`],
  ["its working directory", `readFileSync("/proc/self/cwd/heldout.txt")`],
  ["its own memory", `openSync("/proc/self/mem", "r+")`],
  ["its own descriptors", `readdirSync("/proc/self/fd")`],
  ["the evaluator's environment", `readFileSync("/proc/" + process.ppid + "/environ")`],
  ["the evaluator's descriptors", `readdirSync("/proc/" + process.ppid + "/fd")`],
  ["the evaluator's memory", `openSync("/proc/" + process.ppid + "/mem", "r")`],
  ["the system", `readFileSync("/etc/passwd")`],
])("the process cannot read %s", async (_, expression) => {
  expect(await attempted(expression)).toBe("ERR_ACCESS_DENIED")
})

test.each([
  ["write results", `writeFileSync(folder + "/../results/metrics.json", '{"combined_score":0}')`, "ERR_ACCESS_DENIED"],
  ["link files", `symlinkSync(folder + "/heldout.txt", folder + "/link")`, "ERR_ACCESS_DENIED"],
  ["start a process", `(() => { const { error } = spawnSync("true"); if (error) throw error })()`, "ERR_ACCESS_DENIED"],
  ["become another process", `process.execve(process.execPath, [process.execPath, "-v"], {})`, "ERR_ACCESS_DENIED"],
  ["start a worker", `new Worker("", { eval: true })`, "ERR_ACCESS_DENIED"],
  ["use WASI", `new WASI({ version: "preview1", preopens: { "/": "/" } })`, "ERR_ACCESS_DENIED"],
  ["open the inspector", `new Session().connect()`, "ERR_ACCESS_DENIED"],
  ["reach Node's internals", `process.binding("fs")`, "ERR_ACCESS_DENIED"],
  ["load machine code", `process.dlopen({ exports: {} }, "/tmp/none.node")`, "ERR_DLOPEN_DISABLED"],
])("the process cannot %s", async (_, expression, code) => {
  expect(await attempted(expression)).toBe(code)
})

test("the process has the seed and nothing else in its environment", async () => {
  const { stderr } = await attack("console.error(JSON.stringify(process.env))")
  expect(stderr).toMatch(/^{"SPORE_SEED":"1851"}$/m)
})

test("a signal opens no debugger in the evaluator", async () => {
  const { stderr, error } = await attack(`process.kill(process.ppid, "SIGUSR1"); play()`)
  expect(error).toBeNull()
  expect(stderr).not.toContain("Debugger")
})

test("a result on stdout counts for nothing", async () => {
  const { error, score } = await attack(`console.log('---\\nval_bpb: 0.1\\n{"combined_score": 0.1}'.repeat(2000))`)
  expect(error).toMatch(/./)
  expect(score).toBeNaN()
})

test("an early end is a crash", async () => {
  const { exitCode, error } = await attack("play({ rounds: 1 })")
  expect(exitCode).toBe(1)
  expect(error).toContain("ended early with exit code 0")
})

test("half a frame is a crash", async () => {
  const { exitCode, error } = await attack("writeSync(1, 'abc')")
  expect(exitCode).toBe(1)
  expect(error).toContain("ended early with exit code 0")
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

test("no symbol is shown before its prediction", async () => {
  const { stderr, error } = await attack(`play({ rounds: 1 }); receive(1); console.error("shown early")`, 1)
  expect(error).toBe("not done after 1 s")
  expect(stderr).not.toContain("shown early")
})

test("no training text comes after the last step", async () => {
  const { stderr, error } = await attack(`play({ rounds: 0 }); receive(1); console.error("more text")`, 1)
  expect(error).toBe("not done after 1 s")
  expect(stderr).not.toContain("more text")
})

test("floods on stdout and stderr are held back", async () => {
  const { stderr, error } = await attack(`
    for (let i = 0; i < 50; i++) writeSync(2, "e".repeat(10_000))
    for (;;) writeSync(1, new Uint8Array(65_536).fill(255))`)
  expect(stderr.length).toBeLessThan(20_000)
  expect(error).not.toBeNull()
})

/** The code of the error that an expression throws in the candidate's process. */
async function attempted(expression: string): Promise<string> {
  const { stderr } = await attack(`
    try { ${expression}; console.error("code: none") } catch (error) { console.error("code: " + error.code) }`)
  return /^code: (.*)$/m.exec(stderr)?.[1] ?? stderr
}
