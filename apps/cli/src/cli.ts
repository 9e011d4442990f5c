import { cacheCompiledCode } from "./compile-cache.ts"
import { BEGAN } from "./launch.ts"
import { main, reportEscaped } from "./program.ts"
import { claimOwnVersion } from "./updates/own-claim.ts"

// The program of one version: importing it runs the command line of this process.
process.emit(BEGAN)
const escaped: unknown[] = []
process.on("uncaughtException", (error) => {
  // A node that runs ends in order by itself.
  if (process.listenerCount("uncaughtException") > 1) return
  if (escaped.push(error) === 1) void leaveWith(error)
})
claimOwnVersion(process)
const code = await main(process, cacheCompiledCode)
// What a pipe has not taken yet would be lost by `exit`.
if (process.stdout.writableLength > 0) {
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()))
}
// The last write's error comes in a later turn.
await new Promise<void>((resolve) => setImmediate(resolve))
if (escaped.length === 0) process.exit(code)

async function leaveWith(error: unknown): Promise<void> {
  let told = 1
  try {
    told = await reportEscaped(process, error)
  } finally {
    process.exit(told)
  }
}
