import { stat } from "node:fs/promises"
import { dataPaths, type Running } from "@spore/node/local"
import { readEntry } from "../logs/entry.ts"
import { tailLog } from "../logs/tail.ts"
import { logPath } from "../logs/path.ts"
import { findSupervisor, type Service, supervisorPath } from "./claim.ts"

/** Why a node ended that nobody had asked to. */
export interface Failure {
  /** Unix seconds; null: not known. */
  readonly at: number | null
  readonly reason: string
}

/** Lines of the log that are looked at, from its end. */
const LINES = 500
const CRASHED = "supervisor_crashed"
const FAILURES: readonly string[] = ["failed", "unexpected", CRASHED]
/** Of the many lines of a log few are read as JSON. */
const MAY_TELL = new RegExp(`"event":"(?:stopped|${FAILURES.join("|")})"`)
/** Seconds within which both tell of the same. */
const SAME_END_S = 10

/**
 * Why the node on a data folder ended the last time, unless that was in order; of one that runs in the background, why
 * it was started again, where it was.
 */
export async function lastFailure(
  dataDir: string,
  { running, service }: { running: Running | null; service: Service | null },
): Promise<Failure | null> {
  const told = await failureInLog(dataDir)
  if (running === null && service === null) return (await endedSilently(dataDir, told)) ?? told
  const since = service?.started_at ?? running?.started_at ?? 0
  return told?.at !== undefined && told.at !== null && told.at >= since ? told : null
}

/** A file that says who runs here is removed by who ends in order. */
async function endedSilently(dataDir: string, told: Failure | null): Promise<Failure | null> {
  // A terminal's is about to start its node.
  if ((await findSupervisor(dataDir)) !== null) return null
  for (const path of [dataPaths(dataDir).running, supervisorPath(dataDir)]) {
    const left = await stat(path).catch(() => null)
    if (left === null || (told?.at ?? 0) * 1000 >= left.mtimeMs) continue
    return { at: null, reason: "it ended without a word: killed, out of memory, or the machine went down" }
  }
  return null
}

/** The newest end in the log, where it is one that nobody asked for. */
async function failureInLog(dataDir: string): Promise<Failure | null> {
  let failure: Failure | null = null
  try {
    for await (const line of tailLog({ path: logPath(dataDir), lines: LINES, follow: false })) {
      if (!MAY_TELL.test(line)) continue
      const { time, level, message, fields } = readEntry(line)
      const { event, error } = fields
      if (event === "stopped") failure = null
      if (level !== "error" || typeof event !== "string" || !FAILURES.includes(event)) continue
      const at = time === null ? null : Math.floor(time.getTime() / 1000)
      // What the node said of its end tells more than what its supervisor saw of it.
      if (event === CRASHED && at !== null && failure?.at !== null && at - (failure?.at ?? 0) < SAME_END_S) continue
      failure = { at, reason: typeof error === "string" ? `${message}: ${error}` : message }
    }
  } catch {
    // A log that cannot be read tells nothing.
  }
  return failure
}
