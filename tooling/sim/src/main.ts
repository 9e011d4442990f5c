import { readFile, writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { table } from "@spore/figures"
import { tablesAsMarkdown, withTables } from "./document.ts"
import { simulate } from "./pool.ts"
import { SIMULATIONS } from "./simulations.ts"

const USAGE = `pnpm sim ${[...SIMULATIONS.keys()].join("|")} [--table NAME]… [--full] [--seed N] [--json FILE] [--write DOCUMENT]`
/** Trials of the long form, in times of the short. */
const FULL = 8

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    table: { type: "string", multiple: true },
    full: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    write: { type: "string" },
  },
})
const [name = ""] = positionals
const all = SIMULATIONS.get(name)
const chosen = all?.filter((t) => values.table?.includes(t.name) ?? true)
const seed = Number(values.seed)

if (chosen === undefined || chosen.length === 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(`${USAGE}\ntables: ${(all ?? []).map((t) => t.name).join(", ")}\n`)
  process.exitCode = 2
} else if (values.write !== undefined && chosen.length !== all?.length) {
  process.stderr.write("a document holds all tables: leave out --table\n")
  process.exitCode = 2
} else {
  const scale = values.full ? FULL : 1
  const requests = chosen.flatMap((t) =>
    t.blocks({ scale }).map((block) => ({ simulation: name, table: t.name, block: block.name, scale, seed })),
  )
  let done = 0
  const answers = await simulate(requests, () => {
    if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${requests.length}`)
  })
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[K")
  const filled = chosen.map((t) => ({
    table: t,
    cells: requests.flatMap((request, i) => (request.table === t.name ? (answers[i] ?? []) : [])),
  }))
  const rows = filled.flatMap(({ cells }) => cells.map(({ row }) => row))
  process.stdout.write(`${table(rows)}\n`)
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  if (values.write !== undefined) {
    const made = `Made by \`pnpm sim ${name}${values.full ? " --full" : ""} --seed ${seed}\`.`
    const text = withTables(await readFile(values.write, "utf8"), tablesAsMarkdown(filled, made))
    if (text === null) throw new TypeError(`${values.write} has no marks for the tables`)
    await writeFile(values.write, text)
  }
  if (rows.some((row) => row.pass === false)) process.exitCode = 1
}
