import { dataPaths } from "@spore/node/local"
import type { Context, Invocation } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { knownKey, unsetSetting } from "../settings/change.ts"
import { tellWhenItActs } from "./config-set.ts"

/** Takes a setting out of config.toml; where it is not in it, that is no error. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const { dataDir, json, output } = context
  const key = knownKey(args[0] ?? "")
  const changed = await unsetSetting(dataDir, key)
  if (json) output.print(safeJson({ key, changed, path: dataPaths(dataDir).config }))
  else output.print(changed ? `${key} has its default again` : `${key} was not set`)
  if (changed) await tellWhenItActs(context, key)
}
