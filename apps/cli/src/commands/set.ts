import { systemClock } from "@spore/records"
import type { ProviderName } from "@spore/research"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { askKey } from "../models/ask-key.ts"
import {
  baseUrlSchema,
  contextSchema,
  keySchema,
  modelNameSchema,
  NOTHING_STORED,
  pricesSchema,
  readModels,
  type StoredModel,
  writeModels,
} from "../models/model-file.ts"
import { keyOf, openModel, providerNamed } from "../models/open-model.ts"
import { printModels } from "../models/print-models.ts"
import { safeJson } from "../output/plain.ts"

const optionsSchema = z.object({
  baseUrl: z.string().optional(),
  model: z.string().optional(),
  price: z.string().optional(),
  context: z.string().optional(),
  test: z.boolean().optional(),
})
type Options = z.infer<typeof optionsSchema>

/** Keeps a provider's key and settings, and uses it from then on; without arguments lists what is set. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const [name, given] = args
  const asked = optionsSchema.parse(options)
  if (name === undefined) {
    if (Object.values(asked).some((value) => value !== undefined)) {
      throw cliError("bad_usage", "for which provider?", { next: "spore set PROVIDER; see spore set --help" })
    }
    printModels(context, await readModels(context.dataDir))
    return
  }
  const provider = providerNamed(name)
  await store(context, provider, given, asked)
  // As a run will: a setting that is missing is told now.
  await openModel(context.dataDir, context.env, provider)
  if (asked.test === true) await test(context, provider)
  else printModels(context, await readModels(context.dataDir))
  await tellNext(context, provider)
}

async function tellNext({ dataDir, env, output }: Context, provider: ProviderName): Promise<void> {
  const model = await openModel(dataDir, env, provider)
  if (model?.prices === null) {
    output.tell(`prices are not known, so --max-cost cannot hold: spore set ${provider} --price IN,OUT`)
  }
  output.tell("next: spore run")
}

async function store(
  context: Context,
  provider: ProviderName,
  given: string | undefined,
  asked: Options,
): Promise<void> {
  const { dataDir, env, output } = context
  const stored = await readModels(dataDir)
  const model = withAsked(stored.models[provider] ?? NOTHING_STORED, asked)
  const isMissing = provider !== "custom" && keyOf(provider, model, env) === null
  const needsKey = given === "-" || (given === undefined && isMissing)
  const words = needsKey ? await askKey(provider) : given
  const key = words === undefined ? model.key : checkedKey(provider, words)
  if (given !== undefined && given !== "-") {
    output.tell(
      "the key is in your shell's history now: leave it out next time, and it is asked for without being shown",
    )
  }
  if (key !== null && model.baseUrl !== null && isOpen(model.baseUrl)) {
    output.tell(`the key goes to ${new URL(model.baseUrl).host} unencrypted`)
  }
  await prepareFolder(dataDir)
  await writeModels(dataDir, { used: provider, models: { ...stored.models, [provider]: { ...model, key } } })
}

function withAsked(before: StoredModel, asked: Options): StoredModel {
  const model = asked.model === undefined ? before.model : modelNameSchema.safeParse(asked.model).data
  if (model === undefined) throw refused("--model", "a name of 1 to 128 characters without spaces")
  const baseUrl =
    asked.baseUrl === undefined ? before.baseUrl : baseUrlSchema.safeParse(asked.baseUrl.replace(/\/$/, "")).data
  if (baseUrl === undefined) {
    throw refused("--base-url", "an address such as http://127.0.0.1:11434/v1, without user, query or #")
  }
  const contextTokens =
    asked.context === undefined ? before.contextTokens : contextSchema.safeParse(Number(asked.context)).data
  if (contextTokens === undefined) throw refused("--context", "a number of tokens from 4096")
  // a price belongs to its model
  const kept = model === before.model ? before.prices : null
  const prices = asked.price === undefined ? kept : pricesOf(asked.price)
  if (prices === undefined)
    throw refused("--price", "two numbers: US dollars per million tokens read and written, 0.15,0.6")
  // a key is for the server that it was given for
  const key = originOf(baseUrl) === originOf(before.baseUrl) ? before.key : null
  return { key, model, baseUrl, contextTokens, prices }
}

function originOf(baseUrl: string | null): string | null {
  return baseUrl === null ? null : new URL(baseUrl).origin
}

function pricesOf(text: string): StoredModel["prices"] | undefined {
  const [, input, output] = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(text) ?? []
  return pricesSchema.safeParse({ input: Number(input), output: Number(output) }).data
}

function checkedKey(provider: ProviderName, text: string): string {
  const key = keySchema.safeParse(text).data
  if (key !== undefined) return key
  const why = text === "" ? "no key was given" : "that is no key: it has 8 to 512 characters and no spaces"
  throw cliError("bad_usage", why, {
    next: `spore set ${provider} - asks for it at a terminal, else reads it from stdin`,
  })
}

/** Whether what goes there can be read on its way. */
function isOpen(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl)
  return protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

function refused(flag: string, wanted: string): Error {
  return cliError("bad_usage", `${flag} wants ${wanted}`, { next: "spore set --help" })
}

/** One tiny request. */
async function test({ dataDir, env, json, output }: Context, provider: ProviderName): Promise<void> {
  const model = await openModel(dataDir, env, provider)
  if (model === null) return
  const { testModel } = await import("@spore/research/llm")
  const { usage } = await testModel(model, systemClock)
  const { inputTokens, outputTokens, costUsd, seconds } = usage
  if (json) {
    const told = { input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: costUsd, seconds }
    output.print(safeJson({ provider, model: model.model, ...told }))
    return
  }
  const cost = costUsd === null ? "cost not known: set its prices with --price" : `$${costUsd.toPrecision(2)}`
  output.print(
    `${provider} ${model.model} answers: ${seconds.toFixed(1)} s, ${inputTokens} + ${outputTokens} tokens, ${cost}`,
  )
}
