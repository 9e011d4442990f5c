/** Ways to take more of the disk than a job may: in plain sight, and where a look through the folder does not reach. */
import assert from "node:assert/strict"
import type { Sandbox } from "../../../src/sandbox/sandbox.ts"
import type { Check } from "../check.ts"
import { FOREVER, runProgram } from "../job.ts"

const MIB = 1024 * 1024

export const diskChecks: Check[] = [
  {
    name: "a full output folder ends the job",
    attack: "output fill",
    run: (sandbox) => fillIsSeen(sandbox, `fill("")`),
  },
  {
    name: "files in a folder that nobody may list count",
    attack: "output fill",
    run: (sandbox) => fillIsSeen(sandbox, `fs.mkdirSync("hidden"); fs.chmodSync("hidden", 0o300); fill("hidden/")`),
  },
  {
    name: "files in and beside what has no text as its name count",
    attack: "output fill",
    run: (sandbox) =>
      fillIsSeen(sandbox, `fs.mkdirSync(bytes("\\xff")); fill("\\xff/"); fs.writeFileSync(bytes("\\xfe"), "")`),
  },
  {
    name: "files below paths that are too long for one call count",
    attack: "output fill",
    run: (sandbox) =>
      fillIsSeen(
        sandbox,
        `const name = "d".repeat(200)
         for (let i = 0; i < 30; i++) { fs.mkdirSync(name); process.chdir(name) }
         fill("")`,
      ),
  },
  {
    name: "space behind deleted files counts as written",
    attack: "output fill",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { openSync, unlinkSync, writeSync } from "node:fs"
         for (let i = 0; i < 3; i++) {
           const file = openSync(process.env.OUT + "/hidden", "w")
           unlinkSync(process.env.OUT + "/hidden")
           for (let j = 0; j < 7; j++) writeSync(file, Buffer.alloc(${MIB}, 1))
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
    attack: "inode fill",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { writeFileSync } from "node:fs"
         for (let i = 0; i < 10_200; i++) writeFileSync(process.env.OUT + "/" + i, "")
         ${FOREVER}`,
        // where making a file costs least
        { below: "/dev/shm" },
      )
      assert.equal(result.outcome, "limit", result.detail)
      assert.match(result.detail, /files/)
    },
  },
  {
    name: "very many temporary files are too many",
    attack: "inode fill",
    async run(sandbox) {
      const { result } = await runProgram(
        sandbox,
        `import { writeFileSync } from "node:fs"
         for (let i = 0; i < 50_200; i++) writeFileSync("/tmp/" + i, "")
         ${FOREVER}`,
      )
      assert.equal(result.outcome, "limit", result.detail)
    },
  },
  {
    name: "a big file ends at the limit of its size",
    attack: "big file",
    async run(sandbox) {
      const { result, outputs } = await runProgram(
        sandbox,
        `import { openSync, writeSync } from "node:fs"
         const file = openSync(process.env.OUT + "/big", "w")
         for (let i = 0; i < 66; i++) writeSync(file, Buffer.alloc(${MIB}, 1))
         console.log("no limit")
         ${FOREVER}`,
        { limits: { outputBytes: 65 * MIB, wallSeconds: 20 } },
      )
      assert.ok(result.outcome === "limit" || result.outcome === "crash", result.detail)
      assert.deepEqual([...outputs], [])
    },
  },
  {
    name: "a huge sparse file cannot be made",
    attack: "sparse file",
    async run(sandbox) {
      const { result, outputs } = await runProgram(
        sandbox,
        `import { truncateSync, writeFileSync } from "node:fs"
         writeFileSync(process.env.OUT + "/sparse", "")
         truncateSync(process.env.OUT + "/sparse", 2 ** 27)`,
      )
      assert.ok(result.outcome === "limit" || result.outcome === "crash", result.outcome)
      assert.deepEqual([...outputs], [["sparse", ""]])
    },
  },
]

/** Runs a program that fills its outputs with 6 MiB, 4 of which may stay. */
async function fillIsSeen(sandbox: Sandbox, program: string): Promise<void> {
  const { result } = await runProgram(
    sandbox,
    `import * as fs from "node:fs"
     const bytes = (path) => Buffer.from(path, "latin1")
     const fill = (below) => { for (let i = 0; i < 6; i++) fs.writeFileSync(bytes(below + i), Buffer.alloc(${MIB}, 1)) }
     process.chdir(process.env.OUT)
     ${program}
     ${FOREVER}`,
    { limits: { outputBytes: 4 * MIB, wallSeconds: 30 } },
  )
  assert.equal(result.outcome, "limit", result.detail)
}
