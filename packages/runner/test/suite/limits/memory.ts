/** Ways to take more memory than a job may. Each takes somewhat more than its limit, then waits. */
import assert from "node:assert/strict"
import type { Check } from "../check.ts"
import { FOREVER, runProgram } from "../job.ts"

const MIB = 1024 * 1024

export const memoryChecks: Check[] = [
  {
    name: "a program that takes memory slowly is stopped",
    attack: "slow memory bomb",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { setTimeout as delay } from "node:timers/promises"
         const held = []
         for (let taken = 0; taken < 300; taken += 10) { held.push(Buffer.alloc(10 * ${MIB}, 1)); await delay(20) }
         ${FOREVER}`,
        { limits: { memoryMb: 200 } },
      )
      assert.deepEqual([result.outcome, result.exitCode], ["oom", null], result.detail)
    },
  },
  {
    name: "a program that takes memory at once is stopped",
    attack: "fast memory bomb",
    async run(sandbox) {
      const { result } = await runProgram(sandbox, `globalThis.held = Buffer.alloc(300 * ${MIB}, 1); ${FOREVER}`, {
        limits: { memoryMb: 200 },
      })
      assert.deepEqual([result.outcome, result.exitCode], ["oom", null], result.detail)
    },
  },
  {
    name: "memory of many processes counts together",
    attack: "memory bomb of many processes",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { fork } from "node:child_process"
         if (process.argv[2] === "child") globalThis.held = Buffer.alloc(50 * ${MIB}, 1)
         else for (let i = 0; i < 6; i++) fork(process.env.PROGRAM, ["child"])
         ${FOREVER}`,
        { limits: { memoryMb: 300, processes: 128 } },
      )
      assert.equal(result.outcome, "oom", result.detail)
    },
  },
  {
    name: "page tables count as memory",
    attack: "page tables",
    needs: "python3",
    async run(sandbox) {
      // a page read in every 2 MiB takes no memory but that of its table: 4 KiB each, 120 MiB in all
      const bomb = `
import ctypes, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
size = 60 << 30
# PROT_READ; MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE
at = libc.mmap(None, ctypes.c_size_t(size), 1, 0x4022, -1, ctypes.c_long(0))
libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(size), 15)
for offset in range(0, size, 2 << 20):
  ctypes.c_char.from_address(at + offset).value
time.sleep(1000)`
      const { result } = await runProgram(sandbox, "", { cmd: ["python3", "-c", bomb], limits: { memoryMb: 60 } })
      assert.equal(result.outcome, "oom", result.detail)
    },
  },
  {
    name: "shared memory is bounded",
    attack: "shm",
    run: (sandbox) => fillsUp(sandbox, "/dev/shm"),
  },
  {
    name: "temporary files are bounded",
    attack: "tmp",
    run: (sandbox) => fillsUp(sandbox, "/tmp"),
  },
]

/** Writes up to 80 MiB, of which 64 may fit. */
async function fillsUp(sandbox: Parameters<Check["run"]>[0], folder: string): Promise<void> {
  const { result } = await runProgram(
    sandbox,
    `import { openSync, writeSync } from "node:fs"
     try {
       for (let i = 0; i < 4; i++) {
         const file = openSync("${folder}/bomb" + i, "w")
         for (let j = 0; j < 20; j++) writeSync(file, Buffer.alloc(${MIB}, 1))
       }
       console.log("no limit")
     } catch (error) { console.log(error.code) }`,
  )
  assert.equal(result.outputTail, "ENOSPC\n", result.detail)
}
