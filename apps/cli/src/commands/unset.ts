import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { readModels, writeModels } from "../models/model-file.ts"
import { providerNamed } from "../models/open-model.ts"
import { printModels } from "../models/print-models.ts"

/** Forgets a provider's key and settings. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const provider = providerNamed(args[0] ?? "")
  const { used, models } = await readModels(context.dataDir)
  const { [provider]: gone, ...others } = models
  if (gone === undefined) {
    throw cliError("not_found", `nothing is set for ${provider}`, { next: "spore set" })
  }
  const left = { used: used === provider ? null : used, models: others }
  await writeModels(context.dataDir, left)
  printModels(context, left)
}
