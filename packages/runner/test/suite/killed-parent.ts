/**
 * Runs one endless job, whose processes carry the marker given as the second argument, in the backend given as the
 * first, and says when it runs. With a third argument it kills itself so many milliseconds after it began to start the
 * sandbox.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { createUnsandboxed } from "../../src/sandbox/unsandboxed.ts"
import { runProgram } from "./job.ts"

const [backend, marker = "", killAfterMs] = process.argv.slice(2)
const loop = `echo running; while :; do sleep 1; done`
const sandbox = backend === "none" ? createUnsandboxed() : createBubblewrapSandbox()
await runProgram(
  {
    ...sandbox,
    run(job, options) {
      const ended = sandbox.run(job, options)
      if (killAfterMs !== undefined) setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(killAfterMs))
      return ended
    },
  },
  "",
  {
    cmd: ["sh", "-c", `setsid sh -c '${loop}' ${marker} & ${loop}`, marker],
    // stopped now and then, as processes are that cannot react
    limits: { cpuPercent: 80 },
    onLine: (line) => process.stdout.write(`${line}\n`),
  },
)
