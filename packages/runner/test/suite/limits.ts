/** Attacks on the limits, for sandboxes whose limits hold against programs that mean ill. Each is capped by itself. */
import assert from "node:assert/strict"
import { z } from "zod"
import { type Check, freshMarker, processesWith, runProgram } from "./job.ts"

const MIB = 1024 * 1024
const countSchema = z.object({ tasks: z.number(), refused: z.number() })
const FOREVER = "setInterval(() => {}, 1000)"

export const limitChecks: Check[] = [
  {
    name: "a fork bomb stays within its processes and ends with the job",
    async run(sandbox) {
      const marker = freshMarker()
      const { result } = await runProgram(sandbox, "", {
        // at most 4096 processes even where nothing stops it
        cmd: [
          "sh",
          "-c",
          `bomb() { [ "$1" -ge 12 ] || { bomb $(($1 + 1)) & bomb $(($1 + 1)); }; sleep 1000; }; bomb 0`,
          marker,
        ],
        limits: { processes: 40, wallSeconds: 2 },
      })
      assert.ok(result.outcome === "timeout" || result.outcome === "crash", result.detail)
      assert.match(result.outputTail, /cannot fork/i)
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "processes and threads together stay below the limit",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { spawn } from "node:child_process"
         import { readdirSync } from "node:fs"
         const starts = Array.from({ length: 100 }, () => new Promise((resolve) => {
           spawn("/bin/sleep", ["1000"]).on("spawn", () => resolve("started")).on("error", (error) => resolve(error.code))
         }))
         const ends = await Promise.all(starts)
         const tasks = readdirSync("/proc").filter((name) => /^\\d+$/.test(name))
           .reduce((sum, pid) => sum + readdirSync("/proc/" + pid + "/task").length, 0)
         console.log(JSON.stringify({ tasks, refused: ends.filter((end) => end === "EAGAIN").length }))
         process.exit()`,
        { limits: { processes: 50 } },
      )
      assert.equal(result.outcome, "ok", result.outputTail)
      const { tasks, refused } = countSchema.parse(JSON.parse(result.outputTail))
      assert.ok(tasks <= 50 && refused >= 50, `${tasks} tasks, ${refused} refused`)
    },
  },
  {
    name: "memory of many processes counts together",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { fork } from "node:child_process"
         if (process.argv[2] === "child") { globalThis.held = Buffer.alloc(40 * ${MIB}, 1) }
         else for (let i = 0; i < 6; i++) fork(process.env.PROGRAM, ["child"])
         ${FOREVER}`,
        { limits: { memoryMb: 300, processes: 128 } },
      )
      assert.equal(result.outcome, "oom", result.detail)
    },
  },
  {
    name: "shared memory and temporary files are bounded",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { openSync, writeSync } from "node:fs"
         const fill = (path) => {
           try {
             for (let i = 0; i < 4; i++) {
               const file = openSync(path + i, "w")
               for (let j = 0; j < 30; j++) writeSync(file, Buffer.alloc(${MIB}, 1))
             }
           } catch (error) { return error.code }
           return "no limit"
         }
         console.log(fill("/dev/shm/bomb"), fill("/tmp/bomb"))`,
      )
      assert.equal(result.outputTail, "ENOSPC ENOSPC\n")
    },
  },
  {
    name: "a huge sparse file cannot be made",
    async run(sandbox) {
      const { result, outputs } = await runProgram(
        sandbox,
        `import { truncateSync, writeFileSync } from "node:fs"
         writeFileSync(process.env.OUT + "/sparse", "")
         truncateSync(process.env.OUT + "/sparse", 2 ** 40)`,
      )
      assert.ok(result.outcome === "limit" || result.outcome === "crash", result.outcome)
      assert.deepEqual([...outputs], [["sparse", ""]])
    },
  },
  {
    name: "space behind deleted files counts as written",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { openSync, unlinkSync, writeSync } from "node:fs"
         for (let i = 0; i < 3; i++) {
           const file = openSync(process.env.OUT + "/hidden", "w")
           unlinkSync(process.env.OUT + "/hidden")
           for (let j = 0; j < 20; j++) writeSync(file, Buffer.alloc(${MIB}, 1))
         }
         ${FOREVER}`,
        // on a disk: what is written to memory does not count
        { limits: { outputBytes: MIB, wallSeconds: 30 }, below: "/var/tmp" },
      )
      assert.equal(result.outcome, "limit", result.detail)
    },
  },
  {
    name: "very many files are too many",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { writeFileSync } from "node:fs"
         for (let i = 0; i < 12000; i++) writeFileSync(process.env.OUT + "/" + i, "")
         ${FOREVER}`,
      )
      assert.equal(result.outcome, "limit", result.detail)
      assert.match(result.detail, /files/)
    },
  },
  {
    name: "a daemon that leaves its session and holds the output ends with the job",
    async run(sandbox) {
      const marker = freshMarker()
      const { result } = await runProgram(sandbox, "", {
        cmd: [
          "sh",
          "-c",
          `(setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' ${marker} &) ; echo left`,
          marker,
        ],
      })
      assert.deepEqual([result.outcome, result.outputTail], ["ok", "left\n"])
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "spinning children end at the wall time",
    async run(sandbox) {
      const marker = freshMarker()
      const { result } = await runProgram(sandbox, "", {
        cmd: [
          "sh",
          "-c",
          `for i in 1 2 3; do setsid sh -c 'trap "" TERM; while :; do :; done' ${marker} & done; wait`,
          marker,
        ],
        limits: { wallSeconds: 1 },
      })
      assert.equal(result.outcome, "timeout")
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "pid 1 of the job cannot be killed from within",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `process.kill(1, "SIGKILL"); process.kill(1, "SIGTERM"); process.kill(1, "SIGSTOP"); console.log("still here")`,
      )
      assert.deepEqual([result.outcome, result.outputTail], ["ok", "still here\n"])
    },
  },
]
