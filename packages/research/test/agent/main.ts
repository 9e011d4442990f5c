import { messageOf } from "@spore/records"
import { AGENT_CHECKS } from "./checks.ts"

const AT_ONCE = 4

// Runs all checks as whoever runs this, and prints a line of JSON for each.
const left = (["files", "none"] as const).flatMap((sandbox) => AGENT_CHECKS.map((check) => ({ ...check, sandbox })))
async function work(): Promise<void> {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const failure = await next.run(next.sandbox).then(
      () => null,
      (error: unknown) => messageOf(error),
    )
    process.stdout.write(`${JSON.stringify({ name: `${next.sandbox}: ${next.name}`, failure })}\n`)
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
