import { closeSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { SupervisorEvent } from "@spore/operator/supervise"
import { makeLogFolder, openAppending } from "../logs/open-appending.ts"
import { eventWords } from "./words.ts"

const LEVELS: Partial<Record<SupervisorEvent["type"], number>> = {
  not_understood: 40,
  not_tried: 40,
  rejected: 40,
  passed_over: 40,
  killed: 40,
  restarting: 40,
  not_recorded: 50,
  crashed: 50,
}
const INFO = 30

/**
 * Adds what a supervisor does to the node's log, as lines like the node's own. There are few: the node alone sees to the
 * size of the file, and pino would be a third of the supervisor.
 */
export function logEvent(dataDir: string, event: SupervisorEvent): void {
  const { type, ...fields } = event
  const level = LEVELS[type] ?? INFO
  const line = { level, time: new Date().toISOString(), event: `supervisor_${type}`, ...fields, msg: eventWords(event) }
  const path = join(dataDir, "logs", "node.log")
  try {
    makeLogFolder(path)
    const file = openAppending(path)
    try {
      writeSync(file, `${JSON.stringify(line)}\n`)
    } finally {
      closeSync(file)
    }
  } catch {
    // A full disk, for instance: no reason to end the node, and there is nowhere to say so.
  }
}
