// Prepares the database of a data folder, saying `ready` first, and kills itself before the change to the disk with the
// number given: node victim.ts <data folder> <change> <clock>
import { writeSync } from "node:fs"
import { prepareDatabase } from "../../src/restore/prepare-database.ts"

const [dataDir = "", change = "0", now = "0"] = process.argv.slice(2)
let left = Number(change)
writeSync(1, "ready\n")
await prepareDatabase(dataDir, {
  clock: { now: () => Number(now) },
  beforeStep: () => {
    left -= 1
    if (left === 0) process.kill(process.pid, "SIGKILL")
  },
})
