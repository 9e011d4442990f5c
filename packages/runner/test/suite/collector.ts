/** Attacks on what looks through an output folder when the job has ended, as the user who keeps the node. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { lstat, mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { collectOutputs, type Outputs } from "../../src/evaluators/outputs.ts"
import { createJobFolder } from "../../src/job-folder.ts"
import { removeTree } from "../../src/remove-tree.ts"
import { createUnsandboxed } from "../../src/sandbox/unsandboxed.ts"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"
import { placeCanaries } from "./canaries.ts"
import type { Check, Verdict } from "./check.ts"

const MIB = 1024 * 1024

export const collectorChecks: Check[] = [
  {
    name: "a link to a host file, folder or process is not followed",
    attack: "symlink",
    async run(sandbox) {
      await using canaries = await placeCanaries()
      const { KEY_FILE = "", OPEN_FOLDER = "" } = canaries.env
      const targets = [KEY_FILE, OPEN_FOLDER, "/proc/self/environ", "/proc/self", "..", "good"]
      await left(sandbox, targets.map((to, i) => `fs.symlinkSync(${JSON.stringify(to)}, "link${i}")`).join("\n"), {
        refused: targets.length,
      })
    },
  },
  {
    name: "a hard link to another output is refused",
    attack: "symlink",
    run: (sandbox) => left(sandbox, `fs.writeFileSync("a", ""); fs.linkSync("a", "b")`, { refused: 2 }),
  },
  {
    name: "a FIFO keeps nobody waiting",
    attack: "FIFO",
    run: (sandbox) => left(sandbox, `execFileSync("/usr/bin/mkfifo", ["metrics.json", "pipe"])`, { refused: 2 }),
  },
  {
    name: "a socket is refused",
    attack: "socket",
    run: (sandbox) =>
      left(sandbox, `const server = createServer().listen("socket"); await once(server, "listening")`, { refused: 1 }),
  },
  {
    name: "a device is refused",
    attack: "device",
    // no job of a sandbox can make one
    run: () => deviceIsRefused(),
  },
  {
    name: "names that are no plain text are refused",
    attack: "odd names",
    run: (sandbox) =>
      left(
        sandbox,
        `for (const name of ["\\xff", "a\\n", "\\x1b[31m", "c:d", "e\\\\\\\\f", "\\x7f", "g".repeat(200)]) {
           fs.writeFileSync(Buffer.from(name, "latin1"), "")
           fs.mkdirSync(Buffer.from(name.slice(0, -1) + "folder" + name.slice(-1), "latin1"))
         }
         fs.writeFileSync("__proto__", ""); fs.writeFileSync("-rf", ""); fs.writeFileSync(" ", "")`,
        { refused: 14, files: ["__proto__", "-rf", " "] },
      ),
  },
  {
    name: "folders deeper than a path can tell are refused, and removed",
    attack: "deep folders",
    run: (sandbox) =>
      left(sandbox, `for (let i = 0; i < 1500; i++) { fs.mkdirSync("deep"); process.chdir("deep") }`, {
        refused: 1,
        mayBeStopped: true,
      }),
  },
  {
    name: "folders and files that nobody may read are read and removed all the same",
    attack: "deep folders",
    run: (sandbox) =>
      left(
        sandbox,
        `fs.mkdirSync("closed"); fs.writeFileSync("closed/file", ""); fs.chmodSync("closed/file", 0); fs.chmodSync("closed", 0)`,
        { files: ["closed/file"], mayBeStopped: true },
      ),
  },
  {
    name: "no file keeps a setuid bit, nor the right to be run",
    attack: "setuid bits",
    run: (sandbox) =>
      left(sandbox, `fs.writeFileSync("suid", ""); fs.chmodSync("suid", 0o6777)`, {
        files: ["suid"],
        async check(_, folder) {
          assert.equal((await lstat(join(folder, "suid"))).mode & 0o7777, 0o600)
        },
      }),
  },
  {
    name: "a file larger than what is asked for is not read",
    attack: "huge file",
    run: (sandbox) =>
      left(sandbox, `fs.writeFileSync("huge", Buffer.alloc(${3 * MIB}))`, {
        files: ["huge"],
        async check(outputs) {
          assert.equal(await outputs.read("huge", MIB), undefined)
        },
      }),
  },
  {
    name: "a sparse file counts with its size",
    attack: "sparse file in the outputs",
    run: (sandbox) =>
      left(sandbox, `fs.writeFileSync("sparse", ""); fs.truncateSync("sparse", ${60 * MIB})`, {
        files: ["sparse"],
        async check(outputs) {
          assert.equal(outputs.files.get("sparse"), 60 * MIB)
          assert.equal(await outputs.read("sparse", MIB), undefined)
        },
      }),
  },
]

interface Expected {
  /** Besides the file `good`. */
  files?: string[]
  refused?: number
  /** Whether the job may end for what it hides, if a look at its outputs comes in time. */
  mayBeStopped?: boolean
  check?: (outputs: Outputs, folder: string) => Promise<void>
}

/** Runs a program in its output folder, beside a good file, and compares what is collected. */
async function left(sandbox: Sandbox, program: string, expected: Expected): Promise<void> {
  const workDir = await mkdtemp(join(tmpdir(), "spore-suite-"))
  try {
    const code = `
      import { execFileSync } from "node:child_process"
      import { once } from "node:events"
      import * as fs from "node:fs"
      import { createServer } from "node:net"
      process.chdir(process.env.OUT)
      fs.writeFileSync("good", "good")
      ${program}
      process.exit()`
    await using folder = await createJobFolder(workDir, new Map([["program.mjs", Buffer.from(code)]]))
    const result = await sandbox.run({
      cmd: ["node", "program.mjs"],
      inputs: folder.inputs,
      outputs: folder.outputs,
      env: { OUT: sandbox.paths(folder).outputs },
      limits: { wallSeconds: 60, memoryMb: 512, processes: 64, outputBytes: 8 * MIB },
    })
    const stopped = expected.mayBeStopped === true && result.outcome === "limit"
    if (result.outcome !== "ok" && !stopped) throw new TypeError(`${result.detail}\n${result.outputTail}`)
    const outputs = await collectOutputs(folder.outputs)
    assert.deepEqual([...outputs.files.keys()].toSorted(), ["good", ...(expected.files ?? [])].toSorted())
    assert.equal(outputs.refused, expected.refused ?? 0)
    assert.equal((await outputs.read("good", 100))?.toString(), "good")
    await expected.check?.(outputs, folder.outputs)
  } finally {
    await removeTree(workDir)
  }
  assert.ok(!existsSync(workDir))
}

async function deviceIsRefused(): Promise<Verdict> {
  const why = `fs.writeFileSync("why", String(error.stderr))`
  try {
    await left(
      createUnsandboxed(),
      `try { execFileSync("/usr/bin/mknod", ["zero", "c", "1", "5"], { stdio: "pipe" }) } catch (error) { ${why} }`,
      { refused: 1 },
    )
    return { result: "stopped", detail: "made outside, as no job can" }
  } catch (error) {
    if (error instanceof assert.AssertionError && process.getuid?.() !== 0) {
      return { result: "host forbids", detail: "only root can make a device" }
    }
    throw error
  }
}
