#!/usr/bin/env node
import { nodeProblem } from "./node-version.ts"

// Nothing else is imported before this check: an older Node.js fails inside a dependency, in words nobody understands.
const problem = nodeProblem(process.versions.node)
if (problem === null) {
  const { launch } = await import("./launch.ts")
  await launch(process)
} else {
  process.stderr.write(problem)
  process.exitCode = 1
}
