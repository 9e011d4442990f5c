import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { PROVIDERS, readModels, writeModels } from "../models/model-file.ts"
import { providerNamed } from "../models/open-model.ts"
import { printModels } from "../models/print-models.ts"

/** Forgets a provider's key and settings; where it was the one used, another that is set is used from then on. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const provider = providerNamed(args[0] ?? "")
  const { used, models } = await readModels(context.dataDir)
  const others = { ...models }
  const gone = others[provider]
  delete others[provider]
  if (gone === undefined) {
    throw cliError("not_found", `nothing is set for ${provider}`, { next: "spore set" })
  }
  const next = PROVIDERS.find((each) => others[each] !== undefined) ?? null
  const left = { used: used === provider ? next : used, models: others }
  await writeModels(context.dataDir, left)
  printModels(context, left)
}
