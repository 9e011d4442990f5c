import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode, messageOf } from "@spore/records"
import type { ProviderName } from "@spore/research"
import { z } from "zod"
import { cliError } from "../errors.ts"
import { replaceFile } from "../folder/replace-file.ts"

export const PROVIDERS: readonly ProviderName[] = ["groq", "anthropic", "openai", "xai", "custom"]

/** What was set for a provider; null where its own default counts. */
export interface StoredModel {
  readonly key: string | null
  readonly model: string | null
  readonly baseUrl: string | null
  /** US dollars per million tokens. */
  readonly prices: { readonly input: number; readonly output: number } | null
  readonly contextTokens: number | null
}

export interface StoredModels {
  /** The provider that is asked where none is named. */
  readonly used: ProviderName | null
  readonly models: Readonly<Partial<Record<ProviderName, StoredModel>>>
}

export const NOTHING_STORED: StoredModel = { key: null, model: null, baseUrl: null, prices: null, contextTokens: null }

/** Printable ASCII: anything else could not stand in a header. */
export const keySchema: z.ZodType<string> = z.string().regex(/^[\x21-\x7e]{8,512}$/)
// oxlint-disable-next-line no-control-regex -- control characters are what it excludes
export const modelNameSchema: z.ZodType<string> = z.string().regex(/^[^\u0000-\u0020\u007f-\u009f]{1,128}$/)
export const baseUrlSchema: z.ZodType<string> = z.string().max(512).refine(isBaseUrl)
const price = z.number().min(0).max(1e6)
export const pricesSchema: z.ZodType<{ input: number; output: number }> = z.strictObject({
  input: price,
  output: price,
})
export const contextSchema: z.ZodType<number> = z.number().int().min(4096).max(10_000_000)

const storedSchema: z.ZodType<StoredModel> = z.strictObject({
  key: keySchema.nullable(),
  model: modelNameSchema.nullable(),
  baseUrl: baseUrlSchema.nullable(),
  prices: pricesSchema.nullable(),
  contextTokens: contextSchema.nullable(),
})
const fileSchema = z.strictObject({
  used: z.enum(PROVIDERS).nullable(),
  models: z.partialRecord(z.enum(PROVIDERS), storedSchema),
})

/** The file with the keys, in the data folder. */
export function modelFile(dataDir: string): string {
  return join(dataDir, "models.json")
}

/** @throws SporeError `bad_config` where others can read the file or it is none of this program; quotes nothing of it */
export async function readModels(dataDir: string): Promise<StoredModels> {
  const path = modelFile(dataDir)
  let text: string
  let mode: number
  try {
    ;({ mode } = await stat(path))
    text = await readFile(path, "utf8")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return { used: null, models: {} }
    throw cliError("bad_config", `cannot read ${path}: ${messageOf(error)}`, { next: "spore doctor" })
  }
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw cliError("bad_config", `others can read ${path}, which holds keys`, { next: `chmod 600 ${path}` })
  }
  const parsed = fileSchema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw cliError("bad_config", `${path} is not as spore set writes it`, {
    next: `delete ${path}, then set the models anew: spore set PROVIDER`,
  })
}

/** A crash leaves the old file or the new one; readable for its owner alone. */
export async function writeModels(dataDir: string, models: StoredModels): Promise<void> {
  const path = modelFile(dataDir)
  await replaceFile(path, `${JSON.stringify(models, null, 1)}\n`).catch((error: unknown) => {
    throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, { next: "spore doctor" })
  })
}

/** A key as it may be shown: its last four characters, where enough others stay hidden. */
export function masked(key: string): string {
  return key.length < 16 ? "…" : `…${key.slice(-4)}`
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  const isPlain = username === "" && password === "" && search === "" && hash === ""
  return isPlain && (protocol === "http:" || protocol === "https:")
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
