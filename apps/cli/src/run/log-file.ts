import { mkdirSync, renameSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Logger } from "@spore/records"
import { destination, pino } from "pino"
import type { LogLevel } from "../settings/config-file.ts"

const MAX_BYTES = 8 * 1024 * 1024

/** Where the log of a running node is. */
export function logPath(dataDir: string): string {
  return join(dataDir, "logs", "node.log")
}

export interface LogFile extends Logger {
  close(): void
}

/**
 * Appends JSON lines to `path`. Past `maxBytes` the file is moved to `path.1`, replacing the one before, so that logs
 * take at most twice that.
 */
export function createLogFile(path: string, level: LogLevel, maxBytes: number = MAX_BYTES): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = destination({ dest: path, append: true, mode: 0o600, sync: true })
  let size = statSync(path).size
  const stream = {
    write: (line: string): void => {
      size += Buffer.byteLength(line)
      if (size > maxBytes) {
        renameSync(path, `${path}.1`)
        file.reopen()
        size = Buffer.byteLength(line)
      }
      file.write(line)
    },
  }
  const log = pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stream)
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    close: () => file.end(),
  }
}
