// Writes lines to a log from a process of its own: FILE NAME COUNT MAX_BYTES
import { createLogFile } from "../../src/run/log-file.ts"

const [file = "", name, count, maxBytes] = process.argv.slice(2)
const log = createLogFile(file, "info", Number(maxBytes))
for (let i = 0; i < Number(count); i++) log.info({ by: name, i }, "line")
log.close()
