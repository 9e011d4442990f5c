import { dataPaths } from "@spore/node/local"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { listSettings, type Setting } from "../settings/catalogue.ts"
import { readTable } from "../settings/change.ts"
import { readConfig } from "../settings/config-file.ts"
import { tomlOf } from "../settings/edit.ts"

/** All settings with their values, and what says so. */
export async function run({ dataDir, env, json, output }: Context): Promise<void> {
  const settings = await settingsOf(dataDir, env)
  if (json) output.print(safeJson({ path: dataPaths(dataDir).config, settings }))
  else printSettings(output, settings)
}

export function printSettings(output: Context["output"], settings: readonly Setting[]): void {
  printTable(output, COLUMNS, settings)
}

export async function settingsOf(dataDir: string, env: Context["env"]): Promise<Setting[]> {
  const config = await readConfig(dataPaths(dataDir).config)
  return listSettings(await readTable(dataDir), config, env)
}

const COLUMNS = [
  { key: "key", value: ({ key }: Setting) => key },
  { key: "value", value: valueWords, flexible: true },
  { key: "source", value: sourceWords },
]

function valueWords({ value }: Setting): string {
  return value === null ? "" : tomlOf(value)
}

function sourceWords({ source, variable }: Setting): string {
  return source === "variable" ? (variable ?? source) : source
}
