import { existsSync } from "node:fs"
import { silentLogger, systemClock } from "@spore/records"
import type { Context } from "../context.ts"
import { count, formatDuration } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { createLogFile } from "../run/log-file.ts"
import { logPath } from "../logs/path.ts"
import { selfCheck } from "../updates/self-check.ts"

/** What an update is tried by where no node runs that could try it. */
export async function run({ dataDir, version, json, output }: Context): Promise<void> {
  const began = systemClock.now()
  const log = existsSync(dataDir) ? createLogFile(logPath(dataDir), "warn") : { ...silentLogger, close() {} }
  try {
    const status = await selfCheck(dataDir, version, log)
    const seconds = (systemClock.now() - began) / 1000
    if (json) output.print(safeJson({ version: status.version, seq: status.seq, seconds }))
    else output.print(`${version} works here: ${count(status.seq, "fact")}, ${formatDuration(seconds)}`)
  } finally {
    log.close()
  }
}
