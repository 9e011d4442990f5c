import { writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import type { Row } from "./row.ts"
import { ingest } from "./suites/ingest.ts"
import { start } from "./suites/start.ts"
import { table } from "./table.ts"

const SUITES: Record<string, () => Promise<Row[]>> = { start, ingest }

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } })
const names = positionals.length === 0 ? Object.keys(SUITES) : positionals
const unknown = names.find((name) => !Object.hasOwn(SUITES, name))
if (unknown === undefined) {
  const rows: Row[] = []
  for (const name of names) rows.push(...((await SUITES[name]?.()) ?? []))
  process.stdout.write(`${table(rows)}\n`)
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  if (rows.some((row) => row.pass === false)) process.exitCode = 1
} else {
  process.stderr.write(`no suite ${unknown}; there are: ${Object.keys(SUITES).join(", ")}\n`)
  process.exitCode = 2
}
