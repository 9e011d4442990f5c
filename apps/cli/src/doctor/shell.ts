import { realpathSync } from "node:fs"
import type { Context } from "../context.ts"
import { programOnPath } from "../folder/program-on-path.ts"
import { tilde } from "../output/format.ts"
import { type Finding, finding } from "./finding.ts"

/** Whether `spore` in the shell is this program. */
export function checkShell(env: Context["env"], program: string | undefined = process.argv[1]): Finding {
  const path = programOnPath(env["PATH"] ?? "", "spore")
  if (path === undefined) {
    const next = program === undefined ? null : `alias spore="node ${program}", or npm install -g @spore/cli`
    return finding("shell", "ok", "there is no spore on PATH: this one was started by its path", next)
  }
  if (program !== undefined && same(path, program)) return finding("shell", "ok", `spore is ${tilde(path)}`)
  const message = `spore on PATH is ${tilde(path)}, another program than this one`
  return finding(
    "shell",
    "warn",
    message,
    `put the folder of the right one first in PATH; which -a spore shows them all`,
  )
}

function same(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other)
  } catch {
    return false
  }
}
