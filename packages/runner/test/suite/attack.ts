/**
 * Attacks on the wall between a job and its host. Each is a program made against a canary that is really there, and is
 * first run without a sandbox, where it must succeed: an attack that works nowhere shows nothing.
 */
import assert from "node:assert/strict"
import { createUnsandboxed } from "../../src/sandbox/unsandboxed.ts"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"
import { placeCanaries } from "./canaries.ts"
import type { Check, Verdict } from "./check.ts"
import { runProgram } from "./job.ts"
import { nodeAttack, pythonAttack } from "./programs.ts"

export interface Attack {
  /** Its name in the list of attacks; several may be ways to do the same. */
  attack: string
  /** What it does, to follow "a job cannot". */
  name: string
  language?: "python"
  /** Body of an (async) function, which returns what it got hold of and throws where it got nothing. */
  attempt: string
  /** What it returns where it works, by the canaries' variables; `done` by default. */
  expected?: (env: Record<string, string>) => string
  /**
   * What happens without a sandbox. `works`: for everybody. `works for root`: others are refused. `may be refused`: by
   * some hosts, or to ordinary users. `never tried`: it would change the machine.
   */
  outside: "works" | "works for root" | "may be refused" | "never tried"
}

/** What attacks return that read a canary. */
export const secret = (env: Record<string, string>): string => env["SECRET"] ?? ""

/** An attack as a check of a sandbox. */
export function attackCheck(attack: Attack): Check {
  return {
    name: `a job cannot ${attack.name}`,
    attack: attack.attack,
    ...(attack.language === "python" ? { needs: "python3" } : {}),
    run: (sandbox) => tryAttack(attack, sandbox),
  }
}

/** Refusals that come from the host and not from a mistake in the program. */
const REFUSED_BY_HOST = /^BLOCKED (EPERM|EACCES|ENOSYS|EAFNOSUPPORT|EPROTONOSUPPORT|EOPNOTSUPP|ENODEV|EIO|EROFS|NO\w+) /
/** The limit that attacks on limits read from `PROCESSES`. */
const PROCESSES = 61

async function tryAttack(attack: Attack, sandbox: Sandbox): Promise<Verdict> {
  await using canaries = await placeCanaries()
  const outside = attack.outside === "never tried" ? "" : await launch(createUnsandboxed(), attack, canaries.env)
  const works = outside === `GOT ${attack.expected?.(canaries.env) ?? "done"}`
  if (!works && outside !== "" && !(mayBeRefused(attack) && REFUSED_BY_HOST.test(outside))) {
    throw new TypeError(`it does not even work outside: ${outside}`)
  }
  const inside = await launch(sandbox, attack, canaries.env)
  assert.match(inside, /^BLOCKED [A-Z0-9]+ /, `the attack worked: ${inside}`)
  if (works) return { result: "stopped", detail: inside }
  if (outside === "") return { result: "stopped", detail: `${inside}; never tried outside` }
  return { result: "host forbids", detail: `outside: ${outside}` }
}

function mayBeRefused({ outside }: Attack): boolean {
  return outside === "may be refused" || (outside === "works for root" && process.getuid?.() !== 0)
}

async function launch(sandbox: Sandbox, attack: Attack, canaries: Record<string, string>): Promise<string> {
  const options = { env: { ...canaries, PROCESSES: `${PROCESSES}` }, limits: { processes: PROCESSES } }
  const { result } =
    attack.language === "python"
      ? await runProgram(sandbox, "", { ...options, cmd: ["python3", "-c", pythonAttack(attack.attempt)] })
      : await runProgram(sandbox, nodeAttack(attack.attempt), options)
  if (result.outcome !== "ok") throw new TypeError(`${result.outcome}: ${result.detail}\n${result.outputTail}`)
  return result.outputTail.trim()
}
