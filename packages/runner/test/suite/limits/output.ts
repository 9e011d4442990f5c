/** Printing without end. Each prints 17 MiB, of which 16 are let through, then waits. */
import assert from "node:assert/strict"
import type { Sandbox } from "../../../src/sandbox/sandbox.ts"
import type { Check } from "../check.ts"
import { FOREVER, runProgram } from "../job.ts"

export const outputChecks: Check[] = [
  {
    name: "stops a program that prints without end",
    attack: "output flood",
    run: (sandbox) => flood(sandbox, `"y\\n".repeat(32768)`),
  },
  {
    name: "stops a program that prints one line without end",
    attack: "one endless line",
    run: (sandbox) => flood(sandbox, `"y".repeat(65536)`),
  },
]

async function flood(sandbox: Sandbox, text: string): Promise<void> {
  const { result } = await runProgram(
    sandbox,
    `import { writeSync } from "node:fs"
     const text = ${text}
     for (let printed = 0; printed < 17 * 16;) {
       try { writeSync(1, text); printed++ } catch (error) { if (error.code !== "EAGAIN") throw error }
     }
     ${FOREVER}`,
  )
  assert.equal(result.outcome, "limit", result.detail)
  assert.match(result.detail, /printed more than/)
  assert.ok(Buffer.byteLength(result.outputTail) <= 64 * 1024)
}
