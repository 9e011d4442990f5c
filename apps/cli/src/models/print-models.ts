import { type ProviderName, SERVICES } from "@spore/research"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { masked, NOTHING_STORED, type StoredModels } from "./model-file.ts"
import { KEY_VARIABLES, keyOf, setProviders } from "./open-model.ts"

/** A provider as it is shown: never with its key. */
interface ShownModel {
  readonly provider: ProviderName
  readonly used: boolean
  readonly model: string | null
  readonly base_url: string | null
  /** Its last characters. */
  readonly key: string | null
  readonly key_from: "file" | "environment" | null
  /** US dollars per million tokens. */
  readonly prices: { readonly input: number; readonly output: number } | null
  readonly context_tokens: number | null
}

/** Lists what is set, and which of it is used. */
export function printModels({ env, json, output }: Context, stored: StoredModels): void {
  const { used } = stored
  const shown = setProviders(stored, env).map((provider) => shownModel(provider, stored, env, provider === used))
  if (json) {
    output.print(safeJson({ used, items: shown }))
    return
  }
  if (shown.length === 0) {
    output.tell("no model is set: research is done by the tuner")
    output.tell("next: spore set groq, or spore set custom --base-url URL --model NAME; see spore set --help")
    return
  }
  printTable(
    output,
    [
      { key: "provider", value: ({ provider }) => provider },
      { key: "used", value: (row) => (row.used ? "yes" : "") },
      { key: "model", value: ({ model }) => model ?? "" },
      { key: "key", value: keyWords },
      { key: "prices", value: ({ prices }) => (prices === null ? "not known" : `$${prices.input}, $${prices.output}`) },
      { key: "address", flexible: true, value: ({ base_url }) => base_url ?? "" },
    ],
    shown,
  )
}

function shownModel(provider: ProviderName, stored: StoredModels, env: Context["env"], used: boolean): ShownModel {
  const own = stored.models[provider] ?? NOTHING_STORED
  const service = provider === "custom" ? null : SERVICES[provider]
  const key = keyOf(provider, own, env)
  const from = key === null ? null : own.key === null ? "environment" : "file"
  return {
    provider,
    used,
    model: own.model ?? service?.model ?? null,
    base_url: own.baseUrl ?? service?.baseUrl ?? null,
    key: key === null ? null : masked(key),
    key_from: from,
    prices: own.prices ?? null,
    context_tokens: own.contextTokens ?? null,
  }
}

function keyWords({ provider, key, key_from: from }: ShownModel): string {
  if (key === null) return "none"
  return from === "environment" && provider !== "custom" ? `${key} (${KEY_VARIABLES[provider]})` : key
}
