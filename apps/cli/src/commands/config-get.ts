import type { Context, Invocation } from "../context.ts"
import { plain, safeJson } from "../output/plain.ts"
import { knownKey } from "../settings/change.ts"
import { configKeys } from "../settings/config-file.ts"
import { printSettings, settingsOf } from "./config-list.ts"

/**
 * A setting's value as a node without flags would have it: text as it is, a list with a line for each element. Of a table,
 * such as `verify`, its settings as `config list` shows them.
 */
export async function run({ dataDir, env, json, output }: Context, { args }: Invocation): Promise<void> {
  const asked = args[0] ?? ""
  if (configKeys.some((one) => one.startsWith(`${asked}.`))) {
    const settings = (await settingsOf(dataDir, env)).filter(({ key }) => key.startsWith(`${asked}.`))
    if (json) output.print(safeJson({ settings }))
    else printSettings(output, settings)
    return
  }
  const key = knownKey(asked)
  const setting = (await settingsOf(dataDir, env)).find((one) => one.key === key)
  if (json) return output.print(safeJson(setting))
  const value = setting?.value ?? null
  const lines = value === null ? [] : typeof value === "object" ? value : [String(value)]
  for (const line of lines) output.print(plain(line))
}
