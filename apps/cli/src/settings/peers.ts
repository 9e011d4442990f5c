import type { Context } from "../context.ts"
import { variable } from "./variables.ts"

/** The peers that were asked for, by flags, by SPORE_PEERS or by config.toml; undefined: nothing was said. */
export function askedPeers(
  flags: readonly string[] | undefined,
  env: Context["env"],
  config: readonly string[] | undefined,
): string[] | undefined {
  return given(flags) ?? peersFromEnv(env) ?? (config === undefined ? undefined : [...config])
}

/** A flag that may be repeated, where it was given at all. */
export function given(values: readonly string[] | undefined): string[] | undefined {
  return values === undefined || values.length === 0 ? undefined : [...values]
}

export function listOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
}

/** SPORE_PEERS: addresses separated by commas, or `none` for nobody. */
function peersFromEnv(env: Context["env"]): string[] | undefined {
  const text = variable(env, "SPORE_PEERS")?.trim()
  if (text === undefined) return undefined
  if (text === "none") return []
  return listOf(text)
}
