import { writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { type Row, table } from "@spore/figures"
import { artifacts } from "./suites/artifacts.ts"
import { cliStart } from "./suites/cli-start.ts"
import { dag } from "./suites/dag.ts"
import { explorer } from "./suites/explorer.ts"
import { gossip } from "./suites/gossip.ts"
import { ingest } from "./suites/ingest.ts"
import { memory } from "./suites/memory.ts"
import { peers } from "./suites/peers.ts"
import { records } from "./suites/records.ts"
import { research } from "./suites/research.ts"
import { sandbox } from "./suites/sandbox.ts"
import { start } from "./suites/start.ts"
import { sync } from "./suites/sync.ts"

/** Each takes what follows its name after a colon. */
const SUITES: Record<string, (argument?: string) => Promise<Row[]>> = {
  start,
  "cli-start": cliStart,
  records,
  ingest,
  dag,
  sync,
  gossip,
  artifacts,
  peers,
  sandbox,
  explorer,
  memory,
  research,
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } })
const names = positionals.length === 0 ? Object.keys(SUITES) : positionals
const unknown = names.find((name) => !Object.hasOwn(SUITES, name.split(":")[0] ?? ""))
if (unknown === undefined) {
  const rows: Row[] = []
  for (const name of names) {
    const [suite = "", argument] = name.split(":")
    rows.push(...((await SUITES[suite]?.(argument)) ?? []))
  }
  process.stdout.write(`${table(rows)}\n`)
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  if (rows.some((row) => row.pass === false)) process.exitCode = 1
} else {
  process.stderr.write(`no suite ${unknown}; there are: ${Object.keys(SUITES).join(", ")}\n`)
  process.exitCode = 2
}
