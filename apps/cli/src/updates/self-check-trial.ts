import { spawn } from "node:child_process"
import type { Readable } from "node:stream"
import type { Versions } from "@spore/operator"
import { SporeError } from "@spore/records"
import { z } from "zod"
import type { Context } from "../context.ts"
import { plain } from "../output/plain.ts"

/** A large database is copied and migrated first. */
const LIMIT_MS = 30 * 60_000
const MAX_OUTPUT = 16 * 1024
/** Faults of this machine, which say nothing of the version. */
const HOST_FAULTS = new Set(["disk_full", "database_full", "folder_unusable"])

const failureSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/**
 * Tries an installed version without a node: its own self-check starts one on a copy of the database. It is the one that
 * runs from then on, or refused.
 *
 * @throws SporeError `trial_failed`, `disk_full`, and as `Versions.beginTrial`
 */
export async function trySelfCheck(
  versions: Versions,
  version: string,
  { dataDir, env }: Pick<Context, "dataDir" | "env">,
  signal: AbortSignal,
): Promise<void> {
  const { entry } = await versions.beginTrial(version)
  const problem = await selfCheck(entry, dataDir, env, signal)
  if (problem === null) return versions.accept(version)
  await versions.reject(version, problem.message)
  // It was not its fault: it may be tried again.
  if (signal.aborted || HOST_FAULTS.has(problem.code)) await versions.forgive(version)
  signal.throwIfAborted()
  const { code, message } = problem
  if (HOST_FAULTS.has(code)) throw new SporeError(code, message, { next: "free some room, then: spore update apply" })
  throw new SporeError("trial_failed", `version ${version} does not work here, and is not tried again: ${message}`, {
    next: "spore update history",
  })
}

/** Null where all is well. Nothing of it passes a shell. */
async function selfCheck(
  entry: string,
  dataDir: string,
  env: Context["env"],
  signal: AbortSignal,
): Promise<{ code: string; message: string } | null> {
  const child = spawn(process.execPath, [entry, "self-check", "--json", "--data-dir", dataDir], {
    env: { ...env, SPORE_PEERS: "none", SPORE_AUTO_UPDATE: "off" },
    stdio: ["ignore", "ignore", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    killSignal: "SIGKILL",
  })
  const said = endOf(child.stderr)
  const ended = await new Promise<string | null>((resolve) => {
    child.once("error", ({ message }) => resolve(message))
    child.once("close", (code, killedBy) => resolve(code === 0 ? null : `it ended with ${killedBy ?? `code ${code}`}`))
  })
  if (ended === null) return null
  const words = await said
  const failure = failureOf(words)
  return failure ?? { code: "self_check", message: `its self-check failed: ${ended}${lastLine(words)}` }
}

/** The end of what a stream says, read to its end however much that is. */
async function endOf(stream: Readable): Promise<string> {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-MAX_OUTPUT)
  })
  await new Promise<void>((resolve) => stream.once("close", () => resolve()))
  return text
}

function failureOf(text: string): { code: string; message: string } | null {
  try {
    const { code, message } = failureSchema.parse(JSON.parse(text.trim().split("\n").at(-1) ?? "")).error
    return { code, message: `its self-check failed: ${plain(message)}` }
  } catch {
    return null
  }
}

function lastLine(text: string): string {
  const last = text.trim().split("\n").at(-1) ?? ""
  return last === "" ? "" : `: ${plain(last).slice(0, 200)}`
}
