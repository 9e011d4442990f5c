// Starts a candidate behind Node's permission model and takes turns with it; harness.mjs is the other side.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { realpathSync } from "node:fs"
import { join } from "node:path"

const HEAP_MB = 512
const STDERR_LIMIT = 16 * 1024

/** The candidate broke a rule. */
export class Incorrect extends Error {}
/** The candidate's process ended before its time. */
export class Crash extends Error {}

/**
 * Starts the program `source` in a process that can read the harness and nothing else, and write and start nothing.
 * It is ended after `seconds`.
 */
export function startCandidate(source, shape, seconds) {
  const harness = realpathSync(join(import.meta.dirname, "harness.mjs"))
  const walls = ["--permission", `--allow-fs-read=${harness}`, "--disallow-code-generation-from-strings"]
  const child = spawn(
    process.execPath,
    [...walls, `--max-old-space-size=${HEAP_MB}`, harness, JSON.stringify({ ...shape, program: source.length })],
    { env: { SPORE_SEED: String(shape.seed) }, stdio: ["pipe", "pipe", "pipe"] },
  )
  const exit = once(child, "exit")
  const lastWords = once(child.stderr, "close")
  let timedOut = false
  const deadline = setTimeout(() => {
    timedOut = true
    child.kill("SIGKILL")
  }, seconds * 1000)

  let errors = ""
  child.stderr.setEncoding("utf8").on("data", (text) => {
    const kept = text.slice(0, STDERR_LIMIT - errors.length)
    errors += kept
    process.stderr.write(kept)
  })
  // Writing to a candidate that has gone fails; that it has gone shows where its answer is missing.
  child.stdin.on("error", () => {})
  child.stdin.write(source)

  // Whoever reads is woken when there is more to read or nothing more to come.
  let ended = false
  let wake = () => {}
  child.stdout.on("readable", () => wake())
  child.stdout.on("close", () => {
    ended = true
    wake()
  })
  const more = () => new Promise((resolve) => (wake = resolve))

  /** Throws what became of a candidate that ended or stopped talking before its time. */
  async function stopped() {
    child.stdin.end()
    const [code, signal] = await exit
    await lastWords
    if (timedOut) throw new Incorrect(`not done after ${seconds} s`)
    const reason = reasonIn(errors)
    throw new Crash(
      code === 1 && reason !== "" ? reason : `ended early with ${signal ?? `exit code ${code}`} ${reason}`,
    )
  }

  return {
    send: (bytes) => child.stdin.write(Uint8Array.from(bytes)),

    /** The next `size` bytes. */
    async receive(size) {
      for (;;) {
        const bytes = child.stdout.read(size)
        if (bytes?.length === size) return bytes
        if (bytes !== null || ended) return stopped()
        await more()
      }
    },

    /** Waits for the candidate's own end; it may have nothing more to say. */
    async finish() {
      child.stdin.end()
      let extra = 0
      while (!ended) {
        extra += child.stdout.read()?.length ?? 0
        if (!ended) await more()
      }
      const [code] = await exit
      if (code !== 0) await stopped()
      if (extra > 0) throw new Incorrect(`${extra} bytes more than asked for on stdout`)
    },

    /** Ends the candidate, if it still runs. */
    async kill() {
      clearTimeout(deadline)
      child.kill("SIGKILL")
      await exit
    },
  }
}

/** The line that tells why a Node process failed, and where in the program. */
function reasonIn(errors) {
  const lines = errors.split("\n").filter((line) => line.trim() !== "")
  const reason = lines.find((line) => /^\w*Error\b|^FATAL/.test(line)) ?? lines.at(-1) ?? ""
  const [place] = errors.match(/train\.mjs:\d+/) ?? []
  return `${reason.replaceAll(/\p{Cc}/gu, " ").slice(0, 500)}${place === undefined ? "" : ` (${place})`}`
}
