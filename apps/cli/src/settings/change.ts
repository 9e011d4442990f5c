import { mkdir, readFile, realpath } from "node:fs/promises"
import { dataPaths, folderUnusable } from "@spore/node/local"
import { hasErrorCode, messageOf } from "@spore/records"
import { parse, type TomlTable } from "smol-toml"
import { cliError } from "../errors.ts"
import { isLegacyConfig } from "../folder/legacy.ts"
import { replaceFile } from "../folder/replace-file.ts"
import { CONFIG_TEMPLATE, configKeys, parseConfig } from "./config-file.ts"
import { configKey, type ConfigValue, withoutSetting, withSetting } from "./edit.ts"
import { nearest } from "./nearest.ts"

/**
 * The name of a setting.
 *
 * @throws SporeError `bad_usage` naming those that are spelled alike
 */
export function knownKey(text: string): string {
  if (configKeys.includes(text)) return text
  const near = nearest(text, configKeys)
  throw cliError("bad_usage", `no setting ${JSON.stringify(text.slice(0, 80))}`, {
    next: near.length === 0 ? "spore config list" : `did you mean ${near.join(" or ")}? spore config list shows all`,
  })
}

/**
 * Writes a setting into `config.toml`, which is made where there is none.
 *
 * @param text a value as TOML has it, or plain text; several by commas, `none` for no element
 * @returns the value written
 * @throws SporeError `bad_usage` where the setting takes no such value, `bad_config` where the file cannot be kept
 */
export async function setSetting(dataDir: string, key: string, text: string): Promise<ConfigValue> {
  const before = await readText(dataDir)
  const { value, changed } = firstTaken(before, dataPaths(dataDir).config, key, valuesOf(text))
  await writeText(dataDir, changed)
  return value
}

/**
 * Leaves a setting to its default; whether the file had it.
 *
 * @throws SporeError `bad_config`
 */
export async function unsetSetting(dataDir: string, key: string): Promise<boolean> {
  const path = dataPaths(dataDir).config
  const before = await readText(dataDir)
  tableOf(before, path)
  const changed = withoutSetting(before, configKey(key))
  if (changed === null) throw notKept(path, key)
  if (changed === before) return false
  await writeText(dataDir, changed)
  return true
}

/** What the file says, unchecked. @throws SporeError `bad_config` */
export async function readTable(dataDir: string): Promise<TomlTable> {
  const text = await readText(dataDir)
  return isLegacyConfig(text) ? {} : tableOf(text, dataPaths(dataDir).config)
}

function firstTaken(
  before: string,
  path: string,
  key: string,
  values: readonly ConfigValue[],
): { value: ConfigValue; changed: string } {
  if (isLegacyConfig(before)) {
    throw cliError("bad_config", `${path} was written by sporemesh 0.6`, { next: "spore init takes it over" })
  }
  tableOf(before, path)
  let problem: unknown = null
  for (const value of values) {
    const changed = withSetting(before, configKey(key), value)
    if (changed === null) throw notKept(path, key)
    try {
      parseConfig(changed, path)
      return { value, changed }
    } catch (error) {
      problem ??= error
    }
  }
  // Another setting of the file may be what is wrong.
  const words = messageOf(problem)
  const [, reason] = words.split(`: ${key}: `)
  if (reason === undefined) throw problem
  throw cliError("bad_usage", `${key}: ${reason}`, { cause: problem, next: `spore config set ${key} VALUE` })
}

/** What the text may mean, the likeliest first: which of it a setting takes, its schema says. */
function valuesOf(text: string): ConfigValue[] {
  const read = readValue(text)
  const parts = text.trim() === "none" ? [] : text.split(",").map((part) => part.trim())
  const values: ConfigValue[] = typeof read === "string" ? [text, read] : read === undefined ? [text] : [read, text]
  return [...values, parts.filter((part) => part !== "")]
}

function readValue(text: string): ConfigValue | undefined {
  try {
    const { v } = parse(`v = ${text.trim()}`)
    if (typeof v === "number" || typeof v === "boolean" || typeof v === "string") return v
    return Array.isArray(v) && v.every((one) => typeof one === "string") ? v : undefined
  } catch {
    return undefined
  }
}

function tableOf(text: string, path: string): TomlTable {
  try {
    return parse(text)
  } catch (error) {
    // In its words: it names the line.
    parseConfig(text, path)
    throw error
  }
}

async function readText(dataDir: string): Promise<string> {
  const path = dataPaths(dataDir).config
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return CONFIG_TEMPLATE
    throw cliError("bad_config", `cannot read ${path}: ${messageOf(error)}`, { cause: error, next: `ls -l ${path}` })
  }
}

/** A link stays one. */
async function writeText(dataDir: string, text: string): Promise<void> {
  const { config } = dataPaths(dataDir)
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw folderUnusable(dataDir, error)
  })
  const path = await realpath(config).catch(() => config)
  try {
    await replaceFile(path, text)
  } catch (error) {
    throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, { cause: error, next: "spore doctor" })
  }
}

function notKept(path: string, key: string): Error {
  return cliError("bad_config", `${key} cannot be changed without losing something else in ${path}`, {
    next: `edit ${path}`,
  })
}
