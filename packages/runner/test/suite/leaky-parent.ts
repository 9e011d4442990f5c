/** Started with an open descriptor 20: prints the descriptors of a job in bubblewrap, and those of a plain child. */
import { spawnSync } from "node:child_process"
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { runProgram } from "./job.ts"

const list = 'for fd in /proc/self/fd/*; do readlink "$fd"; done'
const plain = spawnSync("/bin/sh", ["-c", list], { encoding: "utf8" })
const { result } = await runProgram(createBubblewrapSandbox(), "", { cmd: ["sh", "-c", list] })
process.stdout.write(JSON.stringify({ plain: plain.stdout, job: result.outputTail }))
