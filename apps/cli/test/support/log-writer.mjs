// Writes lines to a log from a process of its own: FILE NAME COUNT MAX_BYTES
const [file, name, count, maxBytes] = process.argv.slice(2)
const { createLogFile } = await import(new URL("../../dist/run/log-file.js", import.meta.url))
const log = createLogFile(file, "info", Number(maxBytes))
for (let i = 0; i < Number(count); i++) log.info({ by: name, i }, "line")
log.close()
