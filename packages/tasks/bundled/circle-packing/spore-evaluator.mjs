// What an evaluator of a Spore task is written with. One file, no dependencies: copy it into the task's package. It
// runs with Spore, which gives every candidate a sandbox of its own, and without, in plain child processes.
//
//     import { evaluate, Incorrect } from "./spore-evaluator.mjs"
//
//     await evaluate(async (context) => {
//       const run = await context.runCandidate(["node", context.program], { stdin: "3\n", seconds: 10 })
//       if (run.outcome !== "ok") throw new Incorrect(run.detail)
//       return Number(run.stdout)
//     })

import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { constants, tmpdir } from "node:os"
import { basename, dirname, join, relative, resolve } from "node:path"
import { PassThrough, Readable, Writable } from "node:stream"
import { parseArgs } from "node:util"

/** Thrown by an evaluator: the candidate is wrong, for this reason. */
export class Incorrect extends Error {
  name = "Incorrect"
}

/** The whole main program of an evaluator. The process ends with code 0 where it came to a judgement. */
export async function evaluate(judge) {
  process.exitCode = await createEvaluator(judge)({ argv: process.argv.slice(2), env: process.env })
}

/** The same as a function of the command line and the environment, which gives the exit code. */
export function createEvaluator(judge) {
  return async ({ argv, env }) => {
    const { values } = parseArgs({
      args: argv,
      strict: false,
      options: {
        program_path: { type: "string" },
        results_dir: { type: "string" },
        artifacts_dir: { type: "string" },
      },
    })
    if (values.results_dir === undefined || (values.program_path ?? values.artifacts_dir) === undefined) {
      process.stderr.write("usage: --program_path FILE --results_dir DIR, or --artifacts_dir DIR --results_dir DIR\n")
      return 2
    }
    const { context, endCandidates } = createContext(values, env)
    let verdict
    try {
      verdict = verdictOf(await judge(context))
    } catch (error) {
      if (error?.name !== "Incorrect") {
        process.stderr.write(`${error?.stack ?? error}\n`)
        return 1
      }
      verdict = { correct: false, error: error.message, metrics: {} }
    } finally {
      // nothing of a candidate is there any more when the results are written
      await endCandidates()
    }
    await mkdir(context.resultsDir, { recursive: true })
    await writeWhole(join(context.resultsDir, "metrics.json"), JSON.stringify(verdict.metrics))
    await writeWhole(
      join(context.resultsDir, "correct.json"),
      JSON.stringify({ correct: verdict.correct, error: verdict.error }),
    )
    return 0
  }
}

function verdictOf(result) {
  const {
    score,
    public: shown = {},
    private: hidden = {},
    feedback = "",
  } = typeof result === "number" ? { score: result } : (result ?? {})
  const metrics = { combined_score: score, public: shown, private: hidden, text_feedback: feedback }
  if (Number.isFinite(score)) return { correct: true, error: null, metrics }
  return { correct: false, error: `the score is no finite number: ${score}`, metrics }
}

/** A reader never sees half a file. */
async function writeWhole(path, text) {
  await writeFile(`${path}.part`, text)
  await rename(`${path}.part`, path)
}

function createContext(values, env) {
  const programPath = values.program_path === undefined ? null : resolve(values.program_path)
  const resultsDir = resolve(values.results_dir)
  const count = (name) => (env[name] === undefined ? null : Number(env[name]))
  const running = new Set()
  let isOver = false

  const startCandidate = (cmd, options = {}) => {
    if (isOver) throw new Error("the evaluation is over")
    if (programPath === null) throw new Error("a check scores artifacts; it runs no candidate")
    const start = {
      cmd: cmd.map(String),
      files: [...(options.files ?? [])],
      env: textsOf(options.env),
      seconds: options.seconds ?? null,
    }
    const candidate =
      env.SPORE_CANDIDATES === undefined ? startHere(start, programPath, env) : startApart(start, env.SPORE_CANDIDATES)
    running.add(candidate)
    const forget = () => running.delete(candidate)
    candidate.ended.then(forget, forget)
    return candidate
  }

  const context = {
    programPath,
    program: programPath === null ? null : relative(findPackage(programPath).folder, programPath),
    resultsDir,
    artifactsDir: values.artifacts_dir === undefined ? null : resolve(values.artifacts_dir),
    seed: count("SPORE_SEED") ?? 0,
    replicate: count("SPORE_REPLICATE") ?? 0,
    stage: env.SPORE_STAGE ?? "full",
    budget: {
      seconds: count("SPORE_BUDGET_S"),
      steps: count("SPORE_BUDGET_STEPS"),
      flops: count("SPORE_BUDGET_FLOPS"),
    },
    resource: count("SPORE_RESOURCE") ?? 100,
    startCandidate,
    async runCandidate(cmd, { stdin = "", maxOutputBytes = 64 * 1024 * 1024, ...options } = {}) {
      const candidate = startCandidate(cmd, options)
      candidate.stdin.end(stdin)
      const chunks = []
      let bytes = 0
      for await (const chunk of candidate.stdout) {
        bytes += chunk.length
        if (bytes <= maxOutputBytes) chunks.push(chunk)
        else candidate.kill()
      }
      const end = await candidate.ended
      const flood = { outcome: "limit", exitCode: null, detail: `printed more than ${maxOutputBytes} bytes` }
      return { ...end, ...(bytes > maxOutputBytes ? flood : {}), stdout: Buffer.concat(chunks) }
    },
    async writeArtifact(path, bytes) {
      const root = join(resultsDir, "artifacts")
      const target = resolve(root, path)
      if (!isBelow(root, target)) throw new Error(`${path} is outside of the artifacts`)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, bytes)
    },
    progress: createProgress(),
  }
  const endCandidates = async () => {
    isOver = true
    const left = [...running]
    for (const candidate of left) candidate.kill()
    await Promise.allSettled(left.map((candidate) => candidate.ended))
  }
  return { context, endCandidates }
}

function textsOf(variables = {}) {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]))
}

function isBelow(root, path) {
  const way = relative(root, path)
  return way !== "" && !way.startsWith("..")
}

/** Prints the line that Spore reads progress from, at most twice a second. */
function createProgress() {
  const started = performance.now()
  let shown = -Infinity
  return (step, total, loss) => {
    const now = performance.now()
    if (now - shown < 500 && step < total) return
    shown = now
    const remaining = step > 0 ? Math.ceil((((now - started) / step) * (total - step)) / 1000) : null
    const fields = [
      `step ${String(step).padStart(5, "0")} (${((100 * step) / total).toFixed(1)}%)`,
      ...(loss === undefined ? [] : [`loss: ${loss.toFixed(6)}`]),
      ...(remaining === null ? [] : [`remaining: ${remaining}s`]),
    ]
    process.stdout.write(`${fields.join(" | ")}\n`)
  }
}

// ---- the task's package ------------------------------------------------------------------------------------------

/** Where spore.task.json lies: above the program; else null, and the program is all there is of the candidate. */
function findPackage(programPath) {
  for (let folder = dirname(programPath); ; folder = dirname(folder)) {
    const manifest = join(folder, "spore.task.json")
    if (existsSync(manifest)) return { folder, editable: JSON.parse(readFileSync(manifest, "utf8")).candidate.editable }
    if (folder === dirname(folder)) return { folder: dirname(programPath), editable: [basename(programPath)] }
  }
}

// ---- with Spore: a sandbox for each run --------------------------------------------------------------------------

const FRAME = { control: 0, stdin: 1, stdout: 2, stderr: 3, upload: 4, output: 5 }
/** Bytes of a stream that may be under way before its reader grants more. */
const WINDOW = 1024 * 1024
const MAX_PAYLOAD = 256 * 1024
const HEADER = 5

function startApart({ cmd, files, env, seconds }, socketPath) {
  const socket = connect({ path: socketPath, noDelay: true })
  const ended = Promise.withResolvers()
  // who does not wait for the end need not hear why it failed
  ended.promise.catch(() => {})
  const send = (kind, payload) => {
    if (!socket.writable) return
    const header = Buffer.allocUnsafe(HEADER)
    header.writeUInt32BE(payload.length, 0)
    header.writeUInt8(kind, 4)
    socket.cork()
    socket.write(header)
    socket.write(payload)
    socket.uncork()
  }
  const control = (message) => send(FRAME.control, Buffer.from(JSON.stringify(message)))

  // stdin: what is granted goes out, the rest waits
  let window = WINDOW
  let isOver = false
  let waiting = null
  const feed = () => {
    // what a candidate that has ended does not take is dropped: how it ended says more
    if (isOver && waiting !== null) waiting.rest = waiting.rest.subarray(waiting.rest.length)
    while (waiting !== null) {
      const { rest, done } = waiting
      if (rest.length === 0) {
        waiting = null
        done()
      } else if (window === 0) return
      else {
        const part = rest.subarray(0, Math.min(window, MAX_PAYLOAD))
        send(FRAME.stdin, part)
        window -= part.length
        waiting.rest = rest.subarray(part.length)
      }
    }
  }
  const stdin = new Writable({
    write(chunk, _encoding, done) {
      waiting = { rest: chunk, done }
      feed()
    },
    final(done) {
      control({ type: "stdin_end" })
      done()
    },
  })

  // stdout: more is granted as it is read
  let unread = 0
  let taken = 0
  const stdout = new Readable({
    highWaterMark: WINDOW,
    read() {
      taken += unread
      unread = 0
      if (taken < WINDOW / 2) return
      control({ type: "window", bytes: taken })
      taken = 0
    },
  })

  let end = null
  let missing = 0
  let stderr = ""
  const left = []
  const finish = (error) => {
    if (isOver) return
    isOver = true
    feed()
    socket.end()
    if (error === null) {
      const { outcome, exitCode, detail, seconds: took } = end
      ended.resolve({ outcome, exitCode, detail, seconds: took, stderr, files: split(end.files, left) })
    } else {
      ended.reject(error)
      // a stream that nobody reads must not bring the evaluator down
      stdout.on("error", () => {}).destroy(error)
    }
  }
  const onMessage = (message) => {
    if (message.type === "window") {
      window += message.bytes
      feed()
    } else if (message.type === "stdout_end") stdout.push(null)
    else if (message.type === "refused") finish(new Error(`the candidate could not be run: ${message.reason}`))
    else if (message.type === "end") {
      end = message
      missing = end.files.reduce((sum, { size }) => sum + size, 0)
      if (missing === 0) finish(null)
    }
  }
  const onFrame = (kind, payload) => {
    if (kind === FRAME.control) onMessage(JSON.parse(payload.toString()))
    else if (kind === FRAME.stdout) {
      unread += payload.length
      stdout.push(payload)
    } else if (kind === FRAME.stderr) stderr += payload.toString()
    else if (kind === FRAME.output) {
      left.push(payload)
      missing -= payload.length
      if (missing === 0) finish(null)
    }
  }
  socket.on("data", createFrameReader(onFrame))
  socket.on("error", (error) => finish(new Error(`the candidate could not be run: ${error.message}`)))
  socket.on("close", () => finish(new Error("the candidate could not be run: Spore closed the connection")))

  const uploads = files.filter((file) => typeof file !== "string").map(([path, bytes]) => [path, Buffer.from(bytes)])
  control({
    type: "start",
    cmd,
    files: files.filter((file) => typeof file === "string"),
    uploads: uploads.map(([path, bytes]) => ({ path, size: bytes.length })),
    env,
    seconds,
  })
  for (const [, bytes] of uploads) {
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD) send(FRAME.upload, bytes.subarray(at, at + MAX_PAYLOAD))
  }
  return { stdin, stdout, ended: ended.promise, kill: () => control({ type: "kill" }) }
}

/** Hands on control frames whole, the others in the parts in which they come. */
function createFrameReader(onPart) {
  const header = Buffer.alloc(HEADER)
  let headerBytes = 0
  let missing = 0
  let control = []
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (headerBytes < HEADER) {
        const taken = chunk.copy(header, headerBytes, at)
        at += taken
        headerBytes += taken
        if (headerBytes < HEADER) return
        missing = header.readUInt32BE(0)
      }
      const part = chunk.subarray(at, at + missing)
      at += part.length
      missing -= part.length
      if (missing === 0) headerBytes = 0
      if (header[4] !== FRAME.control) {
        if (part.length > 0) onPart(header[4], part)
        continue
      }
      control.push(part)
      if (missing > 0) continue
      const payload = Buffer.concat(control)
      control = []
      onPart(FRAME.control, payload)
    }
  }
}

function split(files, chunks) {
  const bytes = Buffer.concat(chunks)
  const all = new Map()
  let at = 0
  for (const { path, size } of files) {
    all.set(path, bytes.subarray(at, at + size))
    at += size
  }
  return all
}

// ---- without Spore: a child process in a folder of its own -------------------------------------------------------

const MAX_STDERR = 64 * 1024
const MAX_LEFT_BYTES = 64 * 1024 * 1024
let hasWarned = false

function startHere({ cmd, files, env, seconds }, programPath, ownEnv) {
  if (!hasWarned)
    process.stderr.write("no wall: the candidate runs as a plain process of this user, without a sandbox\n")
  hasWarned = true
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  let child = null
  let ending = null
  const stop = (outcome, detail) => {
    ending ??= { outcome, detail, exitCode: null }
    killGroup(child)
    // what nobody has read by now must not keep the run from its end
    child?.stdout.destroy()
  }
  const onExit = () => killGroup(child)
  process.once("exit", onExit)

  const run = async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), "spore-candidate-")))
    try {
      const [inputs, outputs] = [join(root, "in"), join(root, "out")]
      await layOut(inputs, programPath, files)
      await mkdir(outputs)
      const [program, ...rest] = cmd
      // from Node 22.13 on
      const hasWalls = process.allowedNodeEnvironmentFlags.has("--permission")
      const walls = hasWalls ? ["--permission", `--allow-fs-read=${root}`, `--allow-fs-write=${outputs}`] : []
      const [file, args] = program === "node" ? [process.execPath, [...walls, ...rest]] : [program, rest]
      const started = performance.now()
      let stderr = ""
      if (ending === null) {
        child = spawn(file, args, {
          cwd: inputs,
          env: {
            PATH: ownEnv.PATH ?? "/usr/bin:/bin",
            HOME: root,
            TMPDIR: root,
            LANG: "C.UTF-8",
            PYTHONHASHSEED: "0",
            SPORE_SEED: ownEnv.SPORE_SEED ?? "0",
            ...env,
            SPORE_OUTPUT_DIR: outputs,
          },
          stdio: "pipe",
          detached: true,
        })
        const timer =
          seconds === null ? null : setTimeout(stop, seconds * 1000, "timeout", `not finished after ${seconds} s`)
        child.stdin.on("error", () => {})
        stdin.pipe(child.stdin)
        child.stdout.pipe(stdout)
        child.stderr.on("data", (chunk) => {
          process.stderr.write(chunk)
          stderr = `${stderr}${chunk}`.slice(-MAX_STDERR)
        })
        const closed = new Promise((done) => child.once("close", done))
        const exitCode = await new Promise((done, fail) => {
          child.once("error", fail)
          child.once("exit", (code, signal) => done(code ?? 128 + constants.signals[signal]))
        })
        killGroup(child)
        await closed
        clearTimeout(timer)
        ending ??= exitCode === 0 ? { outcome: "ok", detail: "", exitCode } : crash(exitCode, stderr)
      }
      const left = await readLeft(outputs)
      return { ...ending, seconds: (performance.now() - started) / 1000, stderr, files: left }
    } finally {
      process.off("exit", onExit)
      // a candidate that has ended takes nothing more
      stdin.unpipe()
      stdin.resume()
      stdout.end()
      await rm(root, { recursive: true, force: true })
    }
  }
  const ended = run()
  ended.catch((error) => stdout.on("error", () => {}).destroy(error))
  return { stdin, stdout, ended, kill: () => stop("crash", "killed by its evaluator") }
}

function crash(exitCode, stderr) {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "")
  const telling = lines.findLast((line) => /error|exception|fail|cannot/i.test(line)) ?? lines.at(-1)
  return {
    outcome: "crash",
    exitCode,
    detail: `exit code ${exitCode}${telling === undefined ? "" : `: ${telling.trim()}`}`,
  }
}

function killGroup(child) {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL")
  } catch {
    // ended
  }
}

/** The candidate's files, the frozen ones that were named, and the evaluator's own. */
async function layOut(folder, programPath, files) {
  const own = findPackage(programPath)
  const given = await Promise.all(
    [...own.editable, ...files].map(async (file) =>
      typeof file === "string" ? [file, await readFile(join(own.folder, file))] : file,
    ),
  )
  for (const [path, bytes] of given) {
    const target = resolve(folder, path)
    if (!isBelow(folder, target)) throw new Error(`${path} is outside of the package`)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, bytes)
  }
}

/** Plain files alone: a link would lead the evaluator to files of its own. */
async function readLeft(folder) {
  const files = new Map()
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path)
    bytes += content.length
    if (bytes > MAX_LEFT_BYTES) throw new Error(`the candidate left more than ${MAX_LEFT_BYTES} bytes`)
    files.set(relative(folder, path), content)
  }
  return files
}
