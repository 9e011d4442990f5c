import { AssertionError } from "node:assert"
import { existsSync } from "node:fs"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"

/** One thing that holds for a sandbox; it throws where it does not. Any test runner can run it. */
export interface Check {
  name: string
  /** The attack that it makes, by its name in the list of attacks. */
  attack?: string
  /** What the machine must have for it. */
  needs?: "python3"
  run: (sandbox: Sandbox) => Promise<Verdict | void>
}

/**
 * What an attack that was stopped has shown. `host forbids`: it is refused even without a sandbox, so here nothing but
 * the host was put to the test.
 */
export interface Verdict {
  result: "stopped" | "host forbids"
  detail: string
}

/** A check's result on one line. `got through`: an attack worked. `failed`: anything else that should hold does not. */
export interface Report {
  name: string
  attack: string | null
  result: "holds" | Verdict["result"] | "got through" | "failed" | "skipped"
  detail: string
}

const HAS_PYTHON = existsSync("/usr/bin/python3")

/** Why a check cannot be made on this machine; null where it can. */
export function whyNot(check: Check): string | null {
  return check.needs === "python3" && !HAS_PYTHON ? "needs /usr/bin/python3" : null
}

/** Makes a check, for runners that know nothing of it. Never throws. */
export async function report(check: Check, sandbox: Sandbox): Promise<Report> {
  const { name, attack = null } = check
  const why = whyNot(check)
  if (why !== null) return { name, attack, result: "skipped", detail: why }
  try {
    const verdict = await check.run(sandbox)
    return { name, attack, ...(verdict ?? { result: attack === null ? "holds" : "stopped", detail: "" }) }
  } catch (error) {
    const through = attack !== null && error instanceof AssertionError
    return { name, attack, result: through ? "got through" : "failed", detail: String(error) }
  }
}
