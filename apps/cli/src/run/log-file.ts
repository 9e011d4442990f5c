import type { Logger } from "@spore/records"
import { pino } from "pino"
import { openRotating } from "../logs/rotating-file.ts"
import type { LogLevel } from "../settings/config-file.ts"

const MAX_BYTES = 8 * 1024 * 1024

export interface LogFile extends Logger {
  close(): void
}

/**
 * Appends JSON lines to `path`. Past `maxBytes` the file is moved to `path.1`, replacing the one before, so that logs
 * take at most twice that. Node and supervisor write to the same.
 */
export function createLogFile(path: string, level: LogLevel, maxBytes: number = MAX_BYTES): LogFile {
  const file = openRotating(path, maxBytes, lostLine)
  const log = pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, file)
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    close: () => file.close(),
  }
}

/** On a line of its own, whatever there was room for of the last one. */
function lostLine(lines: number): string {
  return `\n{"level":40,"time":"${new Date().toISOString()}","lines":${lines},"msg":"lines of the log could not be written"}\n`
}
