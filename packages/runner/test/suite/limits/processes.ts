/** Bombs of processes and threads, processes that will not end, and ways to stay behind. */
import assert from "node:assert/strict"
import { z } from "zod"
import type { Check } from "../check.ts"
import { freshMarker, processesWith, runProgram } from "../job.ts"

const countSchema = z.object({ started: z.number(), refused: z.number() })

export const processChecks: Check[] = [
  {
    name: "a fork bomb stays within its processes and ends with the job",
    attack: "fork bomb",
    async run(sandbox) {
      const marker = freshMarker()
      // at most 128 processes even where nothing stops it
      const bomb = `bomb() { [ "$1" -ge 6 ] || { bomb $(($1 + 1)) & bomb $(($1 + 1)); }; sleep 1000; }; bomb 0`
      const { result } = await runProgram(sandbox, "", {
        cmd: ["sh", "-c", bomb, marker],
        limits: { processes: 40, wallSeconds: 5 },
      })
      assert.ok(result.outcome === "timeout" || result.outcome === "crash", result.detail)
      assert.match(result.outputTail, /cannot fork/i)
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "processes and threads together stay below the limit",
    attack: "fork bomb",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { spawn } from "node:child_process"
         import { readdirSync } from "node:fs"
         const starts = Array.from({ length: 60 }, () => new Promise((resolve) => {
           spawn("/bin/sleep", ["1000"]).on("spawn", () => resolve("started")).on("error", (error) => resolve(error.code))
         }))
         const ends = await Promise.all(starts)
         const started = readdirSync("/proc").filter((name) => /^\\d+$/.test(name))
           .reduce((sum, pid) => sum + readdirSync("/proc/" + pid + "/task").length, 0)
         console.log(JSON.stringify({ started, refused: ends.filter((end) => end === "EAGAIN").length }))
         process.exit()`,
        { limits: { processes: 50 } },
      )
      assert.equal(result.outcome, "ok", result.outputTail)
      const { started, refused } = countSchema.parse(JSON.parse(result.outputTail))
      assert.ok(started <= 50 && refused >= 10, `${started} tasks, ${refused} refused`)
    },
  },
  {
    name: "a thread bomb stays within its processes",
    attack: "thread bomb",
    needs: "python3",
    async run(sandbox) {
      const bomb = `
import json, threading
started, refused, ended = 0, 0, threading.Event()
for i in range(60):
  try:
    threading.Thread(target=ended.wait, daemon=True).start()
    started += 1
  except RuntimeError:
    refused += 1
print(json.dumps({ "started": started, "refused": refused }))
ended.set()`
      const { result } = await runProgram(sandbox, "", { cmd: ["python3", "-c", bomb], limits: { processes: 40 } })
      const { started, refused } = countSchema.parse(JSON.parse(result.outputTail))
      assert.ok(started < 40 && refused >= 20, `${started} threads, ${refused} refused`)
    },
  },
  {
    name: "a spinning program ends at the wall time",
    attack: "CPU spin",
    async run(sandbox) {
      const { result } = await runProgram(sandbox, "for (;;);", { limits: { wallSeconds: 1 } })
      assert.equal(result.outcome, "timeout")
    },
  },
  {
    name: "spinning children that ignore signals end at the wall time",
    attack: "forked CPU spin",
    async run(sandbox) {
      const marker = freshMarker()
      const spin = `for i in 1 2 3; do setsid sh -c 'trap "" TERM; while :; do :; done' ${marker} & done; wait`
      const { result } = await runProgram(sandbox, "", {
        cmd: ["sh", "-c", spin, marker],
        limits: { wallSeconds: 1 },
      })
      assert.equal(result.outcome, "timeout")
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "a program that ignores every signal it can ends at the wall time",
    attack: "ignored signals",
    async run(sandbox) {
      const marker = freshMarker()
      const ignore = `trap "" HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP TTIN TTOU XCPU; while :; do sleep 1; done`
      const { result } = await runProgram(sandbox, "", {
        cmd: ["sh", "-c", ignore, marker],
        limits: { wallSeconds: 1 },
      })
      assert.deepEqual([result.outcome, result.exitCode], ["timeout", null])
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "a daemon of a daemon, in a session of its own, ends with the job",
    attack: "double-fork daemon",
    async run(sandbox) {
      const marker = freshMarker()
      const daemon = `setsid sh -c 'sleep 1000 ${marker} & exit' >/dev/null 2>&1 </dev/null & sleep 0.2; echo left`
      const { result } = await runProgram(sandbox, "", { cmd: ["sh", "-c", daemon, marker] })
      assert.deepEqual([result.outcome, result.outputTail], ["ok", "left\n"])
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "a daemon that holds the output open keeps nobody waiting",
    attack: "daemon holding stdout",
    async run(sandbox) {
      const marker = freshMarker()
      const daemon = `(setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' ${marker} &) ; echo left`
      const { result } = await runProgram(sandbox, "", { cmd: ["sh", "-c", daemon, marker] })
      assert.deepEqual([result.outcome, result.outputTail], ["ok", "left\n"])
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "zombies count as processes and end with the job",
    attack: "zombies",
    async run(sandbox) {
      const marker = freshMarker()
      // sh waits for none of them while it sleeps
      const { result } = await runProgram(
        sandbox,
        `import { spawnSync } from "node:child_process"
         const bomb = "for i in $(seq 50); do : & done; exec sleep 1000"
         const { signal, stderr } = spawnSync("/bin/sh", ["-c", bomb], { timeout: 20_000, killSignal: "SIGKILL", encoding: "utf8" })
         console.log(signal === "SIGKILL" ? "no limit" : stderr)`,
        { cmd: ["node", "program.mjs", marker], limits: { processes: 30 } },
      )
      assert.match(result.outputTail, /cannot fork/i)
      assert.deepEqual(processesWith(marker), [])
    },
  },
  {
    name: "descriptors are bounded",
    attack: "descriptor exhaustion",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { openSync } from "node:fs"
         let opened = 0
         try { for (; opened < 1100; opened++) openSync("/dev/null", "r") } catch (error) { console.log(error.code, opened) }`,
      )
      assert.match(result.outputTail, /^EMFILE (9|10)\d\d\n$/)
    },
  },
  {
    name: "pid 1 of the job cannot be killed or stopped from within",
    attack: "ignored signals",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `process.kill(1, "SIGKILL"); process.kill(1, "SIGTERM"); process.kill(1, "SIGSTOP"); console.log("still here")`,
      )
      assert.deepEqual([result.outcome, result.outputTail], ["ok", "still here\n"])
    },
  },
]
