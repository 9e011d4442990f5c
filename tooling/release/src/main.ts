import { isSporeError, messageOf } from "@spore/records"
import { CommanderError } from "commander"
import { createCommand } from "./command.ts"

try {
  await createCommand({
    env: process.env,
    clock: { now: () => Date.now() },
    write: (text) => process.stdout.write(text),
  }).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what is wrong, or helped.
    process.exitCode = error.exitCode
  } else {
    process.stderr.write(`${messageOf(error)}\n`)
    if (isSporeError(error) && error.next !== undefined) process.stderr.write(`→ ${error.next}\n`)
    process.exitCode = 1
  }
}
