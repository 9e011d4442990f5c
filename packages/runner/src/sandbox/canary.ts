import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { z } from "zod"
import { createTemporaryFolder } from "../owned-folder.ts"
import type { Sandbox } from "./sandbox.ts"

/**
 * A program for the inside of a sandbox. Arguments: a host file that must not be readable, a port of the host that must
 * not be reached, where to write the report, a token for it. Plain JavaScript, since it runs outside this package.
 */
const CANARY_PROGRAM = `
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"

const [secret, port, report, token] = process.argv.slice(2)
const breaches = []
const expect = (what, holds) => {
  if (!holds) breaches.push(what)
}
const fails = (action) => {
  try {
    action()
    return false
  } catch {
    return true
  }
}
const connects = new Promise((resolve) => {
  const socket = connect(Number(port), "127.0.0.1", () => resolve(true)).on("error", () => resolve(false))
  socket.setTimeout(5000, () => resolve(false))
})

expect("it reads files of the host", fails(() => readFileSync(secret)))
expect("it writes to its inputs", fails(() => writeFileSync("canary", "")))
expect("it writes to the root folder", fails(() => writeFileSync("/canary", "")))
expect("it reaches the host's network", !(await connects))
if (process.platform === "linux") {
  const status = readFileSync("/proc/self/status", "latin1")
  expect("it sees the host's processes", readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).length <= 8)
  expect("it has capabilities", /^CapEff:\\s+0+$/m.test(status))
  expect("it can gain privileges", /^NoNewPrivs:\\s+1$/m.test(status))
  expect("it may make any system call", /^Seccomp:\\s+2$/m.test(status))
}
writeFileSync(report, JSON.stringify({ breaches, token }))
process.exit()
`

const LIMITS = { wallSeconds: 20, memoryMb: 512, processes: 64, outputBytes: 1024 * 1024 }

const reportSchema = z.object({ breaches: z.array(z.string()), token: z.string() })

/**
 * Runs a program that tries the wall from inside. Gives what is wrong with the sandbox, or null.
 */
export async function runCanary(sandbox: Sandbox): Promise<string | null> {
  await using temporary = await createTemporaryFolder()
  const folder = temporary.path
  const [inputs, outputs, secret] = [join(folder, "in"), join(folder, "out"), join(folder, "secret")]
  const token = randomUUID()
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1")
  try {
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    await mkdir(inputs)
    await mkdir(outputs, { mode: 0o700 })
    await writeFile(join(inputs, "canary.mjs"), CANARY_PROGRAM)
    await writeFile(secret, "secret")
    await chmod(inputs, 0o755)
    await chmod(join(inputs, "canary.mjs"), 0o644)
    const paths = sandbox.paths({ inputs, outputs })
    const program = join(paths.inputs, "canary.mjs")
    const result = await sandbox.run({
      cmd: ["node", program, secret, `${port}`, join(paths.outputs, "report.json"), token],
      inputs,
      outputs,
      env: {},
      limits: LIMITS,
    })
    if (result.outcome !== "ok") return result.detail
    const report = reportSchema.parse(JSON.parse(await readFile(join(outputs, "report.json"), "utf8")))
    if (report.token !== token) return "the canary's report did not come out"
    return report.breaches.length === 0 ? null : `the sandbox does not hold: ${report.breaches.join(", ")}`
  } finally {
    server.close()
  }
}
