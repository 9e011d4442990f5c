import { spawn } from "node:child_process"

/**
 * Runs a program to its end. `stdout` has at most `maxBytes`; a program that prints more, or needs more `seconds`, is
 * killed, and its exit code is null. Rejects with `spawn NAME ENOENT` where there is no such program.
 */
export function run(program, args, { stdin = Buffer.alloc(0), maxBytes, seconds }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", timeout: seconds * 1000, killSignal: "SIGKILL" })
    const chunks = []
    let bytes = 0
    let stderr = ""
    child.stdout.on("data", (chunk) => {
      bytes += chunk.length
      if (bytes > maxBytes) child.kill("SIGKILL")
      else chunks.push(chunk)
    })
    child.stderr.on("data", (chunk) => {
      stderr = `${stderr}${chunk}`.slice(0, 2000)
    })
    // a program that has seen enough closes its input
    child.stdin.on("error", () => {})
    child.on("error", reject)
    child.on("close", (exitCode) => resolve({ exitCode, stdout: Buffer.concat(chunks), stderr: stderr.trim() }))
    child.stdin.end(stdin)
  })
}
