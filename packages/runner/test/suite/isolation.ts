/** Attacks on the wall between a job and its host, by concern. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { attackCheck } from "./attack.ts"
import { placeCanaries } from "./canaries.ts"
import type { Check } from "./check.ts"
import { fileAttacks } from "./isolation/files.ts"
import { kernelAttacks } from "./isolation/kernel.ts"
import { networkAttacks } from "./isolation/network.ts"
import { privilegeAttacks } from "./isolation/privileges.ts"
import { processAttacks } from "./isolation/processes.ts"
import { runProgram } from "./job.ts"
import { nodeAttack } from "./programs.ts"

/** Reads the first plain file among the descriptors above stderr. */
const READ_DESCRIPTORS = `
  for (const name of fs.readdirSync("/proc/self/fd")) {
    const fd = Number(name)
    try { if (fd > 2 && fs.fstatSync(fd).isFile()) return fs.readFileSync("/proc/self/fd/" + fd, "utf8") } catch {}
  }
  throw new Nothing("no plain file")`

/** Not an attack as the others: without a sandbox too Node hands on only what it is told to. */
const leakedDescriptors: Check = {
  name: "a job cannot use a descriptor that this process inherited",
  attack: "leaked descriptors",
  async run(sandbox) {
    await using canaries = await placeCanaries()
    const { KEY_FILE = "", SECRET = "" } = canaries.env
    const program = nodeAttack(READ_DESCRIPTORS)
    const file = openSync(KEY_FILE, "r")
    const control = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      stdio: [...Array.from({ length: 17 }, () => "pipe" as const), file],
      encoding: "utf8",
    })
    closeSync(file)
    if (control.stdout !== `GOT ${SECRET}\n`) throw new TypeError(`it does not even work outside: ${control.stdout}`)
    const { result } = await runProgram(sandbox, program)
    assert.match(result.outputTail, /^BLOCKED NOTHING /)
  },
}

export const isolationChecks: Check[] = [
  ...[...fileAttacks, ...processAttacks, ...networkAttacks, ...privilegeAttacks, ...kernelAttacks].map(attackCheck),
  leakedDescriptors,
]
