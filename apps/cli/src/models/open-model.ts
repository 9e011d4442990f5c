import { type ModelSettings, type ProviderName, SERVICES } from "@spore/research"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import {
  NOTHING_STORED,
  PROVIDERS,
  modelNameSchema,
  keySchema,
  readModels,
  type StoredModel,
  type StoredModels,
} from "./model-file.ts"

/** Where a key is taken from where none is set. */
export const KEY_VARIABLES: Readonly<Record<Exclude<ProviderName, "custom">, string>> = {
  groq: "GROQ_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  xai: "XAI_API_KEY",
}

/**
 * The model to ask: the one named, else the one that `spore set` chose, else the first that is set or has a key in the
 * environment; null where there is none of these.
 *
 * @param asked `PROVIDER` or `PROVIDER/MODEL`
 * @throws SporeError `bad_usage` where the name is none or what it names is not set; `bad_config`
 */
export async function openModel(
  dataDir: string,
  env: Context["env"],
  asked: string | undefined,
): Promise<ModelSettings | null> {
  const stored = await readModels(dataDir)
  if (asked !== undefined) {
    const slash = asked.indexOf("/")
    const provider = providerNamed(slash === -1 ? asked : asked.slice(0, slash))
    return settingsOf(stored, env, provider, slash === -1 ? undefined : asked.slice(slash + 1))
  }
  const provider = stored.used ?? setProviders(stored, env)[0]
  return provider === undefined ? null : settingsOf(stored, env, provider, undefined)
}

/** The providers that are set, or have a key in the environment. */
export function setProviders(stored: StoredModels, env: Context["env"]): ProviderName[] {
  return PROVIDERS.filter((each) => stored.models[each] !== undefined || keyInEnvironment(each, env) !== null)
}

/** @throws SporeError `bad_usage` */
export function providerNamed(name: string): ProviderName {
  const provider = PROVIDERS.find((each) => each === name)
  if (provider !== undefined) return provider
  throw cliError("bad_usage", `there is no provider of this name; there are ${PROVIDERS.join(", ")}`, {
    next: "spore set --help",
  })
}

/**
 * The key that is sent: the one that was set, else the environment's, which is for the provider's own server and goes to
 * no other address; null where there is none.
 */
export function keyOf(
  provider: ProviderName,
  { key, baseUrl }: Pick<StoredModel, "key" | "baseUrl">,
  env: Context["env"],
): string | null {
  if (key !== null || provider === "custom") return key
  const own = SERVICES[provider].baseUrl
  return new URL(baseUrl ?? own).origin === new URL(own).origin ? keyInEnvironment(provider, env) : null
}

/** The key that the environment has for a provider; null where it has none that can be one. */
export function keyInEnvironment(provider: ProviderName, env: Context["env"]): string | null {
  if (provider === "custom") return null
  const parsed = keySchema.safeParse(env[KEY_VARIABLES[provider]]?.trim())
  return parsed.success ? parsed.data : null
}

function settingsOf(
  stored: StoredModels,
  env: Context["env"],
  provider: ProviderName,
  named: string | undefined,
): ModelSettings {
  const own = stored.models[provider] ?? NOTHING_STORED
  const service = provider === "custom" ? null : SERVICES[provider]
  const key = keyOf(provider, own, env)
  if (service !== null && key === null) {
    throw cliError("bad_usage", `there is no key for ${provider}`, { next: `spore set ${provider}` })
  }
  const model = named ?? own.model ?? service?.model
  const baseUrl = own.baseUrl ?? service?.baseUrl
  if (baseUrl === undefined || model === undefined) {
    throw cliError("bad_usage", `a custom server is set by its address and its model`, {
      next: "spore set custom --base-url http://127.0.0.1:11434/v1 --model NAME",
    })
  }
  if (!modelNameSchema.safeParse(model).success) {
    throw cliError("bad_usage", "a model's name has 1 to 128 characters and no spaces", { next: "spore set" })
  }
  // prices are those of the model that was set, not of another one
  const prices = named === undefined || named === own.model ? own.prices : null
  return { provider, model, key, baseUrl, prices, contextTokens: own.contextTokens }
}
