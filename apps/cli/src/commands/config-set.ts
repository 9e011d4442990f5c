import { dataPaths, findRunning } from "@spore/node/local"
import type { Context, Invocation } from "../context.ts"
import { plain, safeJson } from "../output/plain.ts"
import { knownKey, setSetting } from "../settings/change.ts"
import { tomlOf } from "../settings/edit.ts"
import { settingsOf } from "./config-list.ts"

/** Writes a setting into config.toml. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const { dataDir, json, output } = context
  const key = knownKey(args[0] ?? "")
  const value = await setSetting(dataDir, key, args[1] ?? "")
  if (json) output.print(safeJson({ key, value, path: dataPaths(dataDir).config }))
  else output.print(`${key} = ${plain(tomlOf(value))}`)
  await tellWhenItActs(context, key)
}

/** Says what keeps the file's setting from acting. */
export async function tellWhenItActs({ dataDir, env, output }: Context, key: string): Promise<void> {
  const setting = (await settingsOf(dataDir, env)).find((one) => one.key === key)
  if (setting?.source === "variable") output.tell(`${setting.variable} is set, and wins over the file`)
  if ((await findRunning(dataPaths(dataDir).running)) !== null) {
    output.tell("the node that runs has it from its next start: spore restart")
  }
}
