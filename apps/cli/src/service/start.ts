import { once } from "node:events"
import { mkdir, open } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { dataPaths, findRunning, folderUnusable, type Running } from "@spore/node/local"
import { claimFile, type FileClaim, findClaim } from "@spore/operator/process"
import { hasErrorCode, isSporeError, SporeError } from "@spore/records"
import { z } from "zod"
import type { Context } from "../context.ts"
import { cliError, EXIT } from "../errors.ts"
import { findSupervisor, type Service, serviceOf, type Supervisor } from "./claim.ts"
import { launch, type Launched } from "./launch.ts"
import { isActive, systemctl } from "./manager.ts"
import { outputPath } from "./output-file.ts"

const POLL_MS = 50
/** After that a start says that it still waits. */
const SLOW_MS = 10_000
/** Of the output of a node that failed. */
const MAX_READ = 64 * 1024

/** A node that runs in the background, or in a terminal. */
export interface Up {
  readonly running: Running
  /** Null: a terminal's. */
  readonly service: Service | null
}

export interface StartInit {
  dataDir: string
  /** Flags of `spore run`. */
  words: readonly string[]
  env: Context["env"]
  /** The unit of systemd that runs it; null: it is started from here. */
  unit: string | null
  /** Told once where it takes long. */
  onSlow: () => void
}

/**
 * Starts a node in the background and waits until it serves; where one runs or starts already, it is that one.
 *
 * @throws SporeError the error of the node where it fails; `folder_unusable`, `service_failed`
 */
export async function startService(init: StartInit): Promise<Up & { readonly isNew: boolean }> {
  const { dataDir } = init
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw folderUnusable(dataDir, error)
  })
  const slow = setTimeout(init.onSlow, SLOW_MS)
  try {
    for (;;) {
      const other = await waitForOther(dataDir)
      if (other !== null) return { ...other, isNew: false }
      const claim = await claimStart(dataDir)
      if (claim === null) continue
      try {
        // Another start may have ended between the look and the claim.
        if (await isTaken(dataDir)) continue
        const up = await begin(init)
        if (up !== null) return { ...up, isNew: true }
      } finally {
        claim.release()
      }
    }
  } finally {
    clearTimeout(slow)
  }
}

function begin({ dataDir, words, env, unit }: StartInit): Promise<Up | null> {
  return unit === null ? waitForOwn(dataDir, launch(dataDir, words, env)) : startUnit(dataDir, unit, env)
}

async function startUnit(dataDir: string, unit: string, env: Context["env"]): Promise<Up> {
  await systemctl(env, "start", unit)
  for (;;) {
    const { running, supervisor } = await look(dataDir)
    if (running !== null && running.url !== null) return { running, service: serviceOf(supervisor) }
    if (running === null && supervisor === null && !(await isActive(env, unit))) {
      throw cliError("service_failed", `${unit} ended before the node was up`, {
        next: `journalctl --user -n 20 -u ${unit}`,
      })
    }
    await delay(POLL_MS)
  }
}

const startSchema = z.object({})

function startPath(dataDir: string): string {
  return join(dataDir, "starting.json")
}

/** Whether a start is under way that has no node to show yet. */
export async function isStarting(dataDir: string): Promise<boolean> {
  return (await findClaim(startPath(dataDir), startSchema)) !== null
}

/** Null where another start is under way. */
async function claimStart(dataDir: string): Promise<FileClaim<object> | null> {
  try {
    return await claimFile(startPath(dataDir), startSchema, {})
  } catch (error) {
    if (isSporeError(error, "already_claimed")) return null
    throw isSporeError(error) ? error : folderUnusable(dataDir, error)
  }
}

/** Who holds the folder now. */
async function look(dataDir: string): Promise<{ running: Running | null; supervisor: Supervisor | null }> {
  const [running, supervisor] = await Promise.all([findRunning(dataPaths(dataDir).running), findSupervisor(dataDir)])
  return { running, supervisor }
}

async function isTaken(dataDir: string): Promise<boolean> {
  const { running, supervisor } = await look(dataDir)
  return running !== null || supervisor !== null
}

/** Waits for a node that others started; null where there is none, or none any more. */
async function waitForOther(dataDir: string): Promise<Up | null> {
  for (;;) {
    const { running, supervisor } = await look(dataDir)
    if (running !== null && running.url !== null) return { running, service: serviceOf(supervisor) }
    if (running === null && supervisor === null && !(await isStarting(dataDir))) return null
    await delay(POLL_MS)
  }
}

/** Waits for the node just started; null where it ended because another one has the folder. */
async function waitForOwn(dataDir: string, { child, outputStart }: Launched): Promise<Up | null> {
  const failed = once(child, "error").then(([error]: unknown[]) => error)
  let failure: unknown
  void failed.then((error) => (failure = error))
  for (;;) {
    const { running, supervisor } = await look(dataDir)
    if (running !== null && running.url !== null) return { running, service: serviceOf(supervisor) }
    if (failure !== undefined) throw cliError("service_failed", "the node cannot be started", { cause: failure })
    if (child.exitCode !== null || child.signalCode !== null) {
      if (await isTaken(dataDir)) return null
      throw await failureOfChild(dataDir, outputStart, child.exitCode ?? child.signalCode)
    }
    await delay(POLL_MS)
  }
}

const failureSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), next: z.string() }),
})

/** How a node ends that is told to stop: in order, or by the signal where it did not watch for signals yet. */
const STOPPED: readonly (number | string | null)[] = [EXIT.ok, EXIT.interrupted, 143, "SIGTERM", "SIGINT"]

/** What the node said of its end, in its own words. */
async function failureOfChild(
  dataDir: string,
  outputStart: number,
  ended: number | string | null,
): Promise<SporeError> {
  if (STOPPED.includes(ended)) {
    return cliError("interrupted", "the node was stopped before it was up", { next: "spore start" })
  }
  const lines = (await readOutput(outputPath(dataDir), outputStart)).split("\n").filter((line) => line.trim() !== "")
  for (const line of lines.toReversed()) {
    const told = failureSchema.safeParse(jsonOf(line))
    if (told.success) {
      const { code, message, next } = told.data.error
      return new SporeError(code, message, { next: next.replace(/^spore run /, "spore start ") })
    }
  }
  const last = lines.at(-1)
  return cliError(
    "service_failed",
    `the node ended (${ended}) before it was up${last === undefined ? "" : `: ${last}`}`,
    {
      next: `read ${outputPath(dataDir)}`,
    },
  )
}

async function readOutput(path: string, from: number): Promise<string> {
  try {
    const file = await open(path, "r")
    try {
      const start = Math.max(from, (await file.stat()).size - MAX_READ)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_READ), 0, MAX_READ, start)
      return buffer.toString("utf8", 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return ""
    throw error
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
