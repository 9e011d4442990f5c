import type { Context } from "../context.ts"
import { failureOf } from "../errors.ts"
import { KEY_VARIABLES, keyInEnvironment } from "../models/open-model.ts"
import { PROVIDERS } from "../models/model-file.ts"
import { checkProgram, programPath } from "../research/program-file.ts"
import { findProposer, type FoundProposer } from "../research/proposer.ts"
import type { Settings } from "../settings/settings.ts"
import { type Finding, finding } from "./finding.ts"

/** Who would propose experiments, and what they lack. Nobody is asked, and no server reached. */
export async function checkProposer(
  dataDir: string,
  env: Context["env"],
  { research }: Pick<Settings, "research">,
): Promise<Finding[]> {
  try {
    const found = await findProposer({ dataDir, env, settings: research })
    await checkProgram(programPath(dataDir, research.program), research.program !== undefined)
    return [finding("proposer", "ok", proposerWords(found), found.kind === "tuner" ? waysToModel(env) : null)]
  } catch (error) {
    const { message, next } = failureOf(error)
    return [finding("proposer", "fail", message, next)]
  }
}

function proposerWords(found: FoundProposer): string {
  switch (found.kind) {
    case "tuner":
      return "the tuner: constants marked with @tune, no key needed"
    case "llm": {
      const { provider, model, baseUrl, prices } = found.model
      const cost =
        prices === null ? "its prices are not known" : `$${prices.input} and $${prices.output} per million tokens`
      return `${provider} ${model} at ${baseUrl}, ${cost}; spore set ${provider} --test asks it`
    }
    case "agent":
      return `the command-line agent ${found.command.name}`
  }
}

/** How a model would propose; a key that is in the environment already needs only to be chosen. */
function waysToModel(env: Context["env"]): string {
  const ready = PROVIDERS.find((provider) => provider !== "custom" && keyInEnvironment(provider, env) !== null)
  if (ready === undefined || ready === "custom") return "spore set groq, to have a language model propose"
  return `spore set ${ready}, to have a language model propose by your ${KEY_VARIABLES[ready]}`
}
