import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Ended, Home } from "./spore.ts"

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

/** Runs a line of a POSIX shell in which `spore` is this command line and $0, $1 … are `words`. */
export function shell(home: Home, script: string, ...words: string[]): Promise<Ended> {
  const env = { ...home.env, SPORE_NODE: process.execPath, SPORE_MAIN: MAIN }
  const whole = `spore() { "$SPORE_NODE" "$SPORE_MAIN" "$@"; }\n${script}`
  const child = spawn("sh", ["-c", whole, "sh", ...words], { env, stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  })
}
