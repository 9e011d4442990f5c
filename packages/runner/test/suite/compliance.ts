/** What every implementation of the Sandbox port does, isolated or not. */
import type { Sandbox } from "../../src/index.ts"
import assert from "node:assert/strict"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { PassThrough, Readable, Writable } from "node:stream"
import type { Check } from "./check.ts"
import { FOREVER, freshMarker, processesWith, runProgram } from "./job.ts"

const MIB = 1024 * 1024

export const complianceChecks: Check[] = [
  {
    name: "runs a program in its inputs and keeps what it leaves",
    async run(sandbox) {
      const { result, outputs } = await runProgram(
        sandbox,
        `import { readFileSync, realpathSync, writeFileSync } from "node:fs"
         if (!readFileSync("program.mjs", "utf8").includes("marigold")) throw new Error("no inputs")
         if (realpathSync(process.cwd()) !== realpathSync(process.env.PROGRAM.replace("/program.mjs", ""))) throw new Error("cwd")
         writeFileSync(process.env.OUT + "/left.txt", "left behind")
         console.log("first"); console.log("second")`,
      )
      assert.deepEqual([result.outcome, result.detail, result.exitCode], ["ok", "", 0], result.outputTail)
      assert.deepEqual([...outputs], [["left.txt", "left behind"]])
      assert.equal(result.outputTail, "first\nsecond\n")
      assert.ok(result.wallSeconds > 0 && (result.cpuSeconds === null || result.cpuSeconds > 0))
    },
  },
  {
    name: "hands on complete lines of stdout and stderr, also those a carriage return ends",
    async run(sandbox) {
      const lines: string[] = []
      const { result } = await runProgram(
        sandbox,
        `import { writeSync } from "node:fs"
         writeSync(1, "one\\n"); writeSync(2, "two\\r\\n"); writeSync(1, "three\\rfour\\n\\n"); writeSync(1, "x".repeat(70000) + "\\n")
         writeSync(1, "incomplete")`,
        { onLine: (line) => lines.push(line) },
      )
      assert.equal(result.outcome, "ok", result.outputTail)
      assert.deepEqual(lines.filter((line) => line.length < 100).toSorted(), ["", "four", "one", "three", "two"])
      assert.deepEqual(
        lines.filter((line) => line.length >= 100).map((line) => line.length),
        [64 * 1024],
      )
      assert.ok(result.outputTail.endsWith("xincomplete") || result.outputTail.endsWith("x\nincomplete"))
      assert.ok(Buffer.byteLength(result.outputTail) <= 64 * 1024)
    },
  },
  {
    name: "runs sh, an absolute path, and python3 where the machine has it",
    async run(sandbox) {
      const shell = await runProgram(sandbox, "", { cmd: ["sh", "-c", "echo from $0", "sh"] })
      assert.equal(shell.result.outputTail, "from sh\n")
      const absolute = await runProgram(sandbox, "", { cmd: ["/usr/bin/env", "echo", "from a path"] })
      assert.equal(absolute.result.outputTail, "from a path\n")
      if (!existsSync("/usr/bin/python3")) return
      const python = await runProgram(sandbox, "", { cmd: ["python3", "-c", "print('from python')"] })
      assert.equal(python.result.outputTail, "from python\n")
    },
  },
  {
    name: "lets a program find the Node it runs in",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { execFileSync } from "node:child_process"
         console.log(execFileSync(process.execPath, ["-p", "6*7"], { encoding: "utf8" }).trim())
         console.log(execFileSync("node", ["-p", "6*8"], { encoding: "utf8" }).trim())`,
      )
      assert.equal(result.outputTail, "42\n48\n")
    },
  },
  {
    name: "calls a program that fails a crash and says why",
    async run(sandbox) {
      const exit = await runProgram(sandbox, `console.log("TypeError: no gradient"); process.exit(3)`)
      assert.deepEqual([exit.result.outcome, exit.result.exitCode], ["crash", 3])
      assert.match(exit.result.detail, /exit code 3: TypeError: no gradient/)
      const signal = await runProgram(sandbox, `process.kill(process.pid, "SIGKILL")`)
      assert.deepEqual([signal.result.outcome, signal.result.exitCode], ["crash", 137])
    },
  },
  {
    name: "calls a program that is not there a failure of the host",
    async run(sandbox) {
      const { result } = await runProgram(sandbox, "", { cmd: ["/usr/bin/spore-no-such-program"] })
      assert.equal(result.outcome, "infra")
    },
  },
  {
    name: "refuses jobs that nobody can run",
    async run(sandbox) {
      const refused = { name: "SporeError", code: "sandbox_bad_job" }
      await assert.rejects(runProgram(sandbox, "", { cmd: ["cargo", "run"] }), refused)
      await assert.rejects(runProgram(sandbox, "", { cmd: [] }), refused)
      await assert.rejects(runProgram(sandbox, "", { env: { A: "1\0--bind\0/\0/host" } }), refused)
      await assert.rejects(runProgram(sandbox, "", { env: { "A=B": "1" } }), refused)
    },
  },
  {
    name: "gives the job its own variables and nothing of the host's environment",
    async run(sandbox) {
      const { result } = await runProgram(sandbox, `console.log(JSON.stringify(process.env))`, {
        env: { GIVEN: "yes" },
      })
      const seen: unknown = JSON.parse(result.outputTail)
      assert.ok(typeof seen === "object" && seen !== null && "GIVEN" in seen && seen.GIVEN === "yes")
      const own =
        /^(GIVEN|OUT|PROGRAM|PWD|PATH|HOME|TMPDIR|USER|LOGNAME|LANG|LC_ALL|TZ|PYTHON\w+|\w+_NUM_THREADS|CUBLAS_\w+|SOURCE_DATE_EPOCH|SPORE_JOB)$/
      assert.deepEqual(
        Object.keys(seen).filter((name) => !own.test(name)),
        [],
      )
      assert.ok("HOME" in seen && seen.HOME !== process.env["HOME"])
    },
  },
  {
    name: "keeps the host's secrets out of the environment of everything that the job can see",
    async run(sandbox) {
      if (!sandbox.isolated) return
      process.env["SPORE_PLANTED"] = "a secret in the node's own environment"
      try {
        const { result } = await runProgram(
          sandbox,
          `import { readdirSync, readFileSync } from "node:fs"
           const pids = readdirSync("/proc").filter((name) => /^\\d+$/.test(name))
           const environments = pids.map((pid) => readFileSync("/proc/" + pid + "/environ", "latin1"))
           console.log(environments.filter((text) => text.includes("SPORE_PLANTED")).length, environments.length > 1)`,
        )
        assert.equal(result.outputTail, "0 true\n")
      } finally {
        delete process.env["SPORE_PLANTED"]
      }
    },
  },
  {
    name: "stops a program at its wall time, whatever signals it ignores",
    async run(sandbox) {
      const marker = freshMarker()
      const { result } = await runProgram(
        sandbox,
        `for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {}); ${FOREVER}`,
        { cmd: ["node", "program.mjs", marker], limits: { wallSeconds: 1 } },
      )
      assert.deepEqual([result.outcome, result.exitCode], ["timeout", null])
      assert.ok(result.wallSeconds >= 1)
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "aborts before the start and in the middle",
    async run(sandbox) {
      const before = await runProgram(sandbox, `console.log("ran")`, { signal: AbortSignal.abort() })
      assert.deepEqual([before.result.outcome, before.result.outputTail], ["aborted", ""])
      const marker = freshMarker()
      const abort = new AbortController()
      const middle = await runProgram(sandbox, `console.log("running"); ${FOREVER}`, {
        cmd: ["node", "program.mjs", marker],
        signal: abort.signal,
        onLine: () => abort.abort(),
      })
      assert.deepEqual([middle.result.outcome, middle.result.outputTail], ["aborted", "running\n"])
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "aborts while the job is being prepared",
    async run(sandbox) {
      const abort = new AbortController()
      const abortingAtOnce: Sandbox = {
        ...sandbox,
        run: (job, options) => {
          const ended = sandbox.run(job, options)
          abort.abort()
          return ended
        },
      }
      const { result } = await runProgram(abortingAtOnce, FOREVER, { signal: abort.signal })
      assert.equal(result.outcome, "aborted")
    },
  },
  {
    name: "leaves no process of the job's group behind when the program ends well",
    async run(sandbox) {
      const marker = freshMarker()
      const { result } = await runProgram(sandbox, "", { cmd: ["sh", "-c", "sleep 1000 & exit 0", marker] })
      assert.equal(result.outcome, "ok")
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "stops a program that takes more memory than it may",
    async run(sandbox) {
      if (sandbox.hardness.memory === "none") return
      const { result } = await runProgram(sandbox, growUntilStopped(400), { limits: { memoryMb: 200 } })
      assert.deepEqual([result.outcome, result.exitCode], ["oom", null], result.detail)
      // by sampling it is more than the limit; a kernel that holds it refuses the step that would reach it
      assert.ok((result.peakMemoryMb ?? 0) > 150, `${result.peakMemoryMb} MiB`)
    },
  },
  {
    name: "stops a program that prints without end, in lines or in one line",
    async run(sandbox) {
      for (const text of [`"y\\n".repeat(32768)`, `"y".repeat(65536)`]) {
        const { result } = await runProgram(
          sandbox,
          `import { writeSync } from "node:fs"
           const text = ${text}
           for (let printed = 0; printed < 17 * ${MIB}; ) {
             try { printed += writeSync(1, text) } catch (error) { if (error.code !== "EAGAIN") throw error }
           }
           ${FOREVER}`,
        )
        assert.equal(result.outcome, "limit", result.detail)
        assert.match(result.detail, /printed more than/)
      }
    },
  },
  {
    name: "stops a program that leaves more than it may",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { writeFileSync } from "node:fs"
         for (let i = 0; i < 16; i++) writeFileSync(process.env.OUT + "/" + i, Buffer.alloc(${MIB}, 1))
         ${FOREVER}`,
        { limits: { outputBytes: 4 * MIB } },
      )
      assert.deepEqual([result.outcome, result.exitCode], ["limit", null], result.detail)
    },
  },
  {
    name: "lets a caller talk with a program, apart from the lines it prints to stderr",
    async run(sandbox) {
      const lines: string[] = []
      const [stdin, stdout] = [new PassThrough(), new PassThrough()]
      const running = runProgram(
        sandbox,
        `import { createInterface } from "node:readline"
         console.error("to stderr")
         for await (const line of createInterface({ input: process.stdin })) process.stdout.write(line.toUpperCase())
         process.stdout.write("end")`,
        { streams: { stdin, stdout }, onLine: (line) => lines.push(line) },
      )
      stdin.write("one\n")
      const first: unknown = (await once(stdout, "data"))[0]
      assert.equal(String(first), "ONE")
      stdin.end("two\n")
      let rest = ""
      for await (const chunk of stdout) rest += String(chunk)
      const { result } = await running
      assert.deepEqual([result.outcome, rest], ["ok", "TWOend"], result.detail)
      assert.deepEqual([lines, result.outputTail], [["to stderr"], "to stderr\n"])
    },
  },
  {
    name: "carries bytes as they are through streams, more of them than may be printed",
    async run(sandbox) {
      const sent = Buffer.alloc(
        20 * MIB,
        Uint8Array.from({ length: 251 }, (_, i) => i),
      )
      const received: Buffer[] = []
      const stdout = new Writable({
        write(chunk: Buffer, _encoding, done) {
          received.push(chunk)
          done()
        },
      })
      const { result } = await runProgram(sandbox, `process.stdin.pipe(process.stdout)`, {
        streams: { stdin: Readable.from([sent]), stdout },
      })
      assert.equal(result.outcome, "ok", result.detail)
      assert.ok(Buffer.concat(received).equals(sent))
      assert.ok(stdout.writableEnded)
    },
  },
  {
    name: "ends a program whose stdout nobody takes, or that takes no stdin",
    async run(sandbox) {
      const stdout = new Writable({ write: () => undefined })
      const stdin = Readable.from([Buffer.alloc(4 * MIB)])
      const { result } = await runProgram(
        sandbox,
        `import { writeSync } from "node:fs"
         for (;;) try { writeSync(1, "y".repeat(65536)) } catch (error) { if (error.code !== "EAGAIN") throw error }`,
        { streams: { stdin, stdout }, limits: { wallSeconds: 1 } },
      )
      assert.equal(result.outcome, "timeout", result.detail)
    },
  },
  {
    name: "runs a throttled program only part of the time",
    async run(sandbox) {
      const cores = availableParallelism()
      const { result } = await runProgram(
        sandbox,
        `import { Worker } from "node:worker_threads"
         const cores = Number(process.env.CORES)
         for (let i = 0; i < cores; i++) new Worker("for (;;);", { eval: true })
         setInterval(() => {
           const { user, system } = process.cpuUsage()
           const seconds = (user + system) / 1e6
           if (seconds < cores * 0.4) return
           console.log(seconds)
           process.exit()
         }, 10)`,
        {
          env: { CORES: `${cores}` },
          limits: { cpuPercent: 20, processes: 64 + 2 * cores, memoryMb: 512 + 64 * cores },
        },
      )
      assert.equal(result.outcome, "ok", result.detail)
      // threads that keep every core busy, on however busy a machine, get at most their share of the time
      assert.ok(result.wallSeconds > (2 * Number(result.outputTail)) / cores, `${result.wallSeconds} s`)
    },
  },
  {
    name: "runs jobs side by side",
    async run(sandbox) {
      const runs = await Promise.all(
        ["a", "b", "c"].map((name) =>
          runProgram(
            sandbox,
            `import { writeFileSync } from "node:fs"
             writeFileSync(process.env.OUT + "/name", process.env.NAME)`,
            { env: { NAME: name } },
          ),
        ),
      )
      assert.deepEqual(
        runs.map(({ outputs }) => outputs.get("name")),
        ["a", "b", "c"],
      )
    },
  },
]

/** Takes memory in steps up to `mib`, then waits. */
function growUntilStopped(mib: number): string {
  return `
    import { setTimeout as delay } from "node:timers/promises"
    const held = []
    for (let taken = 0; taken < ${mib}; taken += 20) { held.push(Buffer.alloc(20 * 1024 * 1024, 1)); await delay(10) }
    ${FOREVER}`
}
