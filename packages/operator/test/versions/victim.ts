// Plays the scene from a step on, printing a line after each, and kills itself before the change to the disk with the
// number given: node victim.ts <folder> <archives> <first step> <change>
import { writeSync } from "node:fs"
import { openVersions } from "./packages.ts"
import { playScene } from "./scene.ts"

const [folder = "", archives = "", first = "0", change = "0"] = process.argv.slice(2)
let left = Number(change)
const versions = openVersions(folder, {
  beforeStep: () => {
    left -= 1
    if (left === 0) process.kill(process.pid, "SIGKILL")
  },
})
await playScene(versions, archives, Number(first), () => void writeSync(1, "\n"))
