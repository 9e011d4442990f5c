import { mkdtemp, rm } from "node:fs/promises"
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createJobFolder } from "../../src/job-folder.ts"
import { collectOutputs } from "../../src/evaluators/outputs.ts"
import type { JobLimits, JobOptions, JobResult, Sandbox } from "../../src/sandbox/sandbox.ts"

const LIMITS: JobLimits = { wallSeconds: 60, memoryMb: 512, processes: 64, outputBytes: 8 * 1024 * 1024 }
/** JavaScript that waits without end. */
export const FOREVER = "setInterval(() => {}, 1000)"
/** Files larger than this are not read. */
const MAX_READ_BYTES = 1024 * 1024

export interface ProgramOptions extends JobOptions {
  /** By default `node program.mjs`. */
  cmd?: readonly string[]
  env?: Record<string, string>
  limits?: Partial<JobLimits>
  /** Where the job folder is made; the system's folder for temporary files by default. */
  below?: string
}

export interface ProgramRun {
  result: JobResult
  /** The plain files it left. */
  outputs: Map<string, string>
  /** How much else it left. */
  refused: number
}

/** Runs a JavaScript module, `program.mjs` in the inputs, with `$OUT` and `$PROGRAM` set to paths it can use. */
export async function runProgram(sandbox: Sandbox, program: string, options: ProgramOptions = {}): Promise<ProgramRun> {
  const { cmd = ["node", "program.mjs"], env, limits, below = tmpdir(), ...jobOptions } = options
  const workDir = await mkdtemp(join(below, "spore-suite-"))
  try {
    const files = new Map([["program.mjs", Buffer.from(program)]])
    await using folder = await createJobFolder(workDir, files)
    const paths = sandbox.paths(folder)
    const result = await sandbox.run(
      {
        cmd,
        inputs: folder.inputs,
        outputs: folder.outputs,
        env: { OUT: paths.outputs, PROGRAM: `${paths.inputs}/program.mjs`, ...env },
        limits: { ...LIMITS, ...limits },
      },
      jobOptions,
    )
    const collected = await collectOutputs(folder.outputs)
    const outputs = new Map<string, string>()
    for (const path of collected.files.keys()) {
      const content = await collected.read(path, MAX_READ_BYTES)
      if (content !== undefined) outputs.set(path, content.toString())
    }
    return { result, outputs, refused: collected.refused }
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/** Host pids of the processes that carry `marker` in their command line. */
export function processesWith(marker: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLine(pid).includes(marker))
}

/** A word that no other process has in its command line. */
export function freshMarker(): string {
  return `spore-marker-${crypto.randomUUID()}`
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
  } catch {
    return ""
  }
}
