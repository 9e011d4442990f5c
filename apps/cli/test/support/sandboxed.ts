import { probeSandboxes } from "@spore/runner"

const { sandbox, findings } = await probeSandboxes()

/** Whether peers' code can run here. In CI it must. */
export const sandboxed: boolean = sandbox !== null
if (!sandboxed) {
  const why = findings.map(({ backend, reason, next }) => `${backend}: ${reason}; ${next ?? ""}`).join("; ")
  if (process.env["CI"] === "true") throw new TypeError(`tests of the network need a sandbox: ${why}`)
  process.stderr.write(`skipping tests of the network: ${why}\n`)
}

/** For the names of tests that are skipped. */
export const ABSENT: string = sandboxed ? "" : " (skipped: no sandbox works here)"
