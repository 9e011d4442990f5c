import { join } from "node:path"
import { systemClock } from "@spore/records"
import { chooseProgram } from "../../src/launch/index.ts"
import { createSpawn, createSupervisor } from "../../src/supervise/index.ts"
import { createVersions } from "../../src/versions/create-versions.ts"

// A supervisor in a process of its own: `main.ts FOLDER KILL_AT RESTARTS SILENCE STOP`, the last two in milliseconds. Tells
// its events as lines of JSON, and kills itself before the step KILL_AT of all that it tells and renames; 0: never. What
// lies between two renames changes nothing that counts, and versions/kill.test.ts tries it.
const [, , base = "", killAt = "0", restarts = "", silence = "", stop = ""] = process.argv
let steps = 0

function step(): void {
  steps += 1
  if (steps === Number(killAt)) process.kill(process.pid, "SIGKILL")
}

const folder = join(base, "versions")
const builtIn = { version: "1.0.0", entry: join(base, "built-in.mjs") }
const program = { name: "@spore/scripted", entry: "dist/cli.js" }
const node = process.versions.node
const beforeStep = (name: string): void => {
  if (name.startsWith("rename")) step()
}
const versions = createVersions({ folder, program, builtIn, node, clock: systemClock, beforeStep })
const supervisor = createSupervisor({
  versions,
  choose: (except) => chooseProgram({ folder, builtIn, except }),
  start: createSpawn({
    execPath: process.execPath,
    execArgv: process.execArgv,
    args: [base],
    env: process.env,
    onStderr: () => undefined,
  }),
  clock: systemClock,
  restarts: restarts === "restarts",
  limits: { silence: Number(silence), stop: Number(stop), hardStop: 100, firstPause: 20 },
  onEvent: (event) => {
    process.stdout.write(`${JSON.stringify(event)}\n`)
    step()
  },
})
process.on("SIGTERM", () => supervisor.stop())
process.exit(await supervisor.ended)
