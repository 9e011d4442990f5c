/**
 * A program for the inside of a sandbox. Arguments: a host file that must not be readable, where to write the report,
 * a token for it. Plain JavaScript, since it runs outside this package.
 */
export const CANARY_PROGRAM = `
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { networkInterfaces } from "node:os"

const [secret, report, token] = process.argv.slice(2)
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
const status = readFileSync("/proc/self/status", "latin1")

expect("it reads files of the host", fails(() => readFileSync(secret)))
expect("it writes to its inputs", fails(() => writeFileSync("canary", "")))
expect("it writes to the root folder", fails(() => writeFileSync("/canary", "")))
expect("it sees the host's network", Object.values(networkInterfaces()).flat().every((address) => address.internal))
expect("it sees the host's processes", readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).length <= 8)
expect("it has capabilities", /^CapEff:\\s+0+$/m.test(status))
expect("it can gain privileges", /^NoNewPrivs:\\s+1$/m.test(status))
expect("it may make any system call", /^Seccomp:\\s+2$/m.test(status))
writeFileSync(report, JSON.stringify({ breaches, token }))
`
