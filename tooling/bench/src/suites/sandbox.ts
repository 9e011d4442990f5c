import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { type JobLimits, type JobOptions, type JobResult, probeSandboxes, type Sandbox } from "@spore/runner"
import { atMost, median, type Row, row } from "@spore/figures"

const PAIRS = 30
const THROTTLE_ROUNDS = 3
const THROTTLE_SECONDS = 4
const ABORTS = 15
const MEMORY_ROUNDS = 3
const MEMORY_MB = 200
const MIB = 1024 * 1024

/** Keeps so many cores busy, in processes of their own. */
const BUSY = `
import { Worker } from "node:worker_threads"
for (let i = 1; i < Number(process.env.CORES); i++) new Worker("for (;;);", { eval: true })
for (;;);
`
/** Takes memory as fast as it can, up to a bound in case that nothing stops it. */
const GREEDY = `
const held = []
for (let taken = 0; taken < ${8 * MEMORY_MB}; taken += 8) held.push(Buffer.alloc(8 * ${MIB}, 1))
setInterval(() => held.length, 1000)
`
const FAMILY = `for i in 1 2 3 4 5; do setsid sleep 1000 & done; echo running; wait`

/** The sandbox that passes its canary here, beside plain processes of the same user. */
export async function sandbox(): Promise<Row[]> {
  const probe = await probeSandboxes()
  if (probe.sandbox === null) {
    throw new TypeError(`no sandbox works here: ${probe.findings.map(({ reason }) => reason).join("; ")}`)
  }
  const subject = probe.sandbox
  const { memory, cpu } = subject.hardness
  const name = `${subject.backend} as ${process.getuid?.() === 0 ? "root" : "a user"}`
  return [
    await startOverhead(subject, name),
    ...(await throttleAccuracy(subject, `${name}, processor limit ${cpu}`)),
    await abortLatency(subject, name),
    await memoryOvershoot(subject, `${name}, memory limit ${memory}`),
  ]
}

/** Ours and a plain spawn in turn, so that a busy machine weighs on both. */
async function startOverhead(subject: Sandbox, name: string): Promise<Row> {
  const plain: number[] = []
  const ours: number[] = []
  await using folder = await jobFolder()
  for (let pair = 0; pair <= PAIRS; pair++) {
    const [spawned, run] = [await timed(plainSpawn), await timed(() => runIn(folder, subject, ["/bin/true"]))]
    // the first pair warms the page cache
    if (pair === 0) continue
    plain.push(spawned)
    ours.push(run)
  }
  const over = median(ours.map((value, i) => value - (plain[i] ?? 0)))
  return row("sandbox", `${name}: start and end of a job, over a plain spawn`, "ms", over, {
    limit: median(plain),
    bar: atMost(40, "ms"),
  })
}

/** Processor seconds that a busy job got, beside its share of what it gets without a throttle in the same minute. */
async function throttleAccuracy(subject: Sandbox, name: string): Promise<Row[]> {
  // a stopped job loses its share on one core already; a quota is of all cores
  const cores = subject.hardness.cpu === "hard" ? availableParallelism() : 1
  const got = new Map<number, number[]>([20, 50, 100].map((percent) => [percent, []]))
  for (let round = 0; round < THROTTLE_ROUNDS; round++) {
    for (const [cpuPercent, seconds] of got) {
      const limits = { wallSeconds: THROTTLE_SECONDS, cpuPercent, processes: 64 + cores }
      await using folder = await jobFolder({ "busy.mjs": BUSY })
      const { cpuSeconds } = await runIn(folder, subject, ["node", "busy.mjs"], { limits, env: { CORES: `${cores}` } })
      seconds.push(cpuSeconds ?? Number.NaN)
    }
  }
  const whole = median(got.get(100) ?? [])
  return [...got].map(([percent, seconds]) =>
    row("sandbox", `${name}: processor seconds at ${percent} %, beside those asked for`, "s", median(seconds), {
      limit: (whole * percent) / 100,
    }),
  )
}

/** From the abort until `run` settles: then none of the job's processes is left. */
async function abortLatency(subject: Sandbox, name: string): Promise<Row> {
  const latencies: number[] = []
  await using folder = await jobFolder()
  for (let round = 0; round < ABORTS; round++) {
    const abort = new AbortController()
    let aborted = 0
    const onLine = (): void => {
      aborted = performance.now()
      abort.abort()
    }
    await runIn(folder, subject, ["sh", "-c", FAMILY], { signal: abort.signal, onLine })
    latencies.push(performance.now() - aborted)
  }
  return row("sandbox", `${name}: abort until all processes are gone`, "ms", median(latencies))
}

async function memoryOvershoot(subject: Sandbox, name: string): Promise<Row> {
  const peaks: number[] = []
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    await using folder = await jobFolder({ "greedy.mjs": GREEDY })
    const limits = { memoryMb: MEMORY_MB }
    const { outcome, peakMemoryMb } = await runIn(folder, subject, ["node", "greedy.mjs"], { limits })
    if (outcome !== "oom") throw new TypeError(`a job beyond its memory ended as ${outcome}`)
    peaks.push(peakMemoryMb ?? Number.NaN)
  }
  return row("sandbox", `${name}: peak of a job that takes memory as fast as it can`, "MiB", median(peaks), {
    limit: MEMORY_MB,
  })
}

interface Folder extends AsyncDisposable {
  inputs: string
  outputs: string
}

async function jobFolder(files: Record<string, string> = {}): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), "spore-bench-"))
  const [inputs, outputs] = [join(root, "in"), join(root, "out")]
  await mkdir(inputs, { mode: 0o755 })
  await mkdir(outputs, { mode: 0o700 })
  for (const [name, text] of Object.entries(files)) await writeFile(join(inputs, name), text, { mode: 0o644 })
  return { inputs, outputs, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}

function runIn(
  { inputs, outputs }: Folder,
  subject: Sandbox,
  cmd: readonly string[],
  {
    limits = {},
    env = {},
    ...options
  }: JobOptions & { limits?: Partial<JobLimits>; env?: Record<string, string> } = {},
): Promise<JobResult> {
  const held: JobLimits = { wallSeconds: 60, memoryMb: 512, processes: 64, outputBytes: MIB, ...limits }
  return subject.run({ cmd, inputs, outputs, env, limits: held }, options)
}

async function plainSpawn(): Promise<void> {
  await once(spawn("/bin/true", { stdio: "pipe" }), "close")
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
