/**
 * Runs one endless job whose processes carry the marker given as the first argument, and says when it runs. With a
 * second argument it kills itself so many milliseconds after it began to start the sandbox.
 */
import { createBubblewrapSandbox } from "../../src/sandbox/bubblewrap/bubblewrap.ts"
import { runProgram } from "./job.ts"

const [marker = "", killAfterMs] = process.argv.slice(2)
const loop = `echo running; while :; do sleep 1; done`
const sandbox = createBubblewrapSandbox()
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
    onLine: (line) => process.stdout.write(`${line}\n`),
  },
)
