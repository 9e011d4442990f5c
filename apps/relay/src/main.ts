#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { isSporeError, messageOf } from "@spore/records"
import { destination, pino } from "pino"
import { z } from "zod"
import { startRelay } from "./relay.ts"
import { readSettings, USAGE } from "./settings.ts"

const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const { version } = z.object({ version: z.string() }).parse(manifest)
const argv = process.argv.slice(2)
const log = pino(
  { level: "info", base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
  destination({ dest: 1, sync: true }),
)

if (argv.includes("--help")) process.stdout.write(USAGE)
else if (argv.includes("--version")) process.stdout.write(`${version}\n`)
else process.exit(await serve())

/** Runs a relay until a signal; gives the exit code. */
async function serve(): Promise<number> {
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
  // A second signal ends the process at once.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => end(null))
  process.on("uncaughtException", (error) => end(error))
  try {
    const settings = readSettings(argv, process.env)
    log.level = settings.logLevel
    const relay = await startRelay(settings, version, log)
    const failure = await ended
    if (failure !== null) log.error({ err: failure }, "unexpected error")
    await relay.stop()
    log.info({}, "relay stopped")
    return failure === null ? 0 : 1
  } catch (error) {
    const { code, next } = isSporeError(error) ? error : { code: "internal", next: undefined }
    log.error({ code, next }, messageOf(error))
    return code === "bad_usage" ? 2 : 1
  }
}
