import type { Sandbox } from "@spore/runner"
import { spawnSync } from "node:child_process"
import { describe } from "vitest"
import { describeIsolated } from "./isolated.ts"

/** Programs that some tasks need, as the sandbox would run them. */
const TOOLS = {
  ffmpeg: { cmd: ["ffmpeg", "-version"], install: "apt install ffmpeg" },
  "python3-torch": { cmd: ["/usr/bin/python3", "-c", "import torch"], install: "apt install python3-torch" },
} as const

/** As `describeIsolated`, for tests that need a tool besides; without it they are skipped, but not in CI. */
export function describeIsolatedWith(
  tool: keyof typeof TOOLS,
  name: string,
  define: (sandbox: () => Sandbox) => void,
): void {
  const {
    cmd: [program, ...args],
    install,
  } = TOOLS[tool]
  const skipped = spawnSync(program, args, { stdio: "ignore" }).status !== 0 && process.env["CI"] !== "true"
  describe.skipIf(skipped)(`with ${tool}${skipped ? ` (skipped: it is missing; ${install})` : ""}`, () => {
    describeIsolated(name, define)
  })
}
