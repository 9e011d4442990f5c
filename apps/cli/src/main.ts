#!/usr/bin/env node
import { nodeProblem } from "./node-version.ts"

// Nothing else is imported before this check: an older Node.js fails inside a dependency, in words nobody understands.
const problem = nodeProblem(process.versions.node)
if (problem === null) {
  const { main } = await import("./program.ts")
  const code = await main(process)
  // What a pipe has not taken yet would be lost by `exit`.
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()))
  process.exit(code)
} else {
  process.stderr.write(problem)
  process.exitCode = 1
}
