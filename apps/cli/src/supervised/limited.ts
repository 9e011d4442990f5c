import { join } from "node:path"
import type { Context } from "../context.ts"
import { type Config, readConfig } from "../settings/config-file.ts"
import { variable } from "../settings/variables.ts"

/** Of `spore run`, those that bound a run. */
const LIMITS: readonly string[] = ["maxExperiments", "maxCost", "maxTokens", "until"]

/** The limits among options of `spore run`, as commander read them; undefined: not given. */
export function limitsOf(options: Readonly<Record<string, unknown>>): unknown[] {
  return LIMITS.map((name) => options[name])
}

/** Whether anything bounds what a run may cost: started anew by itself, it would count from nothing. */
export function isLimited(given: readonly unknown[], env: Context["env"], { research }: Config): boolean {
  return [
    ...given,
    variable(env, "SPORE_MAX_COST"),
    variable(env, "SPORE_MAX_TOKENS"),
    research?.max_cost,
    research?.max_tokens,
  ].some((limit) => limit !== undefined)
}

/** The settings of a data folder; none where they cannot be read: what is wrong with them, the node itself says. */
export function settingsOf(dataDir: string): Promise<Config> {
  return readConfig(join(dataDir, "config.toml")).catch((): Config => ({}))
}
