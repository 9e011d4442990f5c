import { isAbsolute, join } from "node:path"
import { OFFICIAL_CHANNEL } from "@spore/operator"
import { isOwnFile, isOwnFolder, versionsFolder } from "@spore/operator/launch"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { channelSchema, switchSchema, type UpdateConfig } from "./config-file.ts"
import { fromEnv, variable } from "./variables.ts"

/** How a node keeps itself up to date. */
export interface UpdateSettings {
  /** Whether a running node looks for releases and takes them. */
  readonly auto: boolean
  /** What turned that off, for people; null where it is on. */
  readonly offBy: string | null
  readonly url: string
  /**
   * Path of a root of trust of the user's own; undefined: the one that came with this program. Never a data folder's:
   * whoever hands one over would choose what this user runs.
   */
  readonly root: string | undefined
}

/** What flags may set. */
export interface UpdateFlags {
  autoUpdate?: boolean | undefined
}

/**
 * @param dialsNobody `--solo` or `SPORE_PEERS=none`: such a node asks the official channel nothing either; one of the
 *   user's own is asked all the same
 */
export function resolveUpdate(
  flags: UpdateFlags,
  env: Context["env"],
  config: UpdateConfig,
  dialsNobody: boolean,
): UpdateSettings {
  const url = fromEnv(env, "SPORE_UPDATE_URL", channelSchema, (text) => text) ?? config.url ?? OFFICIAL_CHANNEL
  const offBy = turnedOffBy(flags, env, config) ?? (dialsNobody && url === OFFICIAL_CHANNEL ? DIALS_NOBODY : null)
  return { auto: offBy === null, offBy, url, root: ownRoot(env) }
}

/** Name of the user's own root of trust, beside the versions. */
export const ROOT_FILE = "root.json"

/** @throws SporeError `bad_setting` where the variable names a place that depends on where a process was started */
function ownRoot(env: Context["env"]): string | undefined {
  const named = variable(env, "SPORE_UPDATE_ROOT")
  if (named !== undefined) {
    if (isAbsolute(named)) return named
    throw cliError("bad_setting", `SPORE_UPDATE_ROOT=${named.slice(0, 80)}: expected an absolute path`, {
      next: "unset SPORE_UPDATE_ROOT, or correct it",
    })
  }
  const folder = versionsFolder(env)
  if (folder === null || !isOwnFolder(folder)) return undefined
  const path = join(folder, ROOT_FILE)
  return isOwnFile(path) ? path : undefined
}

const DIALS_NOBODY = "this node dials nobody"

/** The first of the sources that says whether, where it says no. */
function turnedOffBy(flags: UpdateFlags, env: Context["env"], config: UpdateConfig): string | null {
  if (flags.autoUpdate !== undefined) return flags.autoUpdate ? null : "--no-auto-update"
  const variableSays = fromEnv(env, "SPORE_AUTO_UPDATE", switchSchema, onOrOff)
  if (variableSays !== undefined) return variableSays ? null : "SPORE_AUTO_UPDATE"
  return config.enabled === false ? "[update] enabled = false in config.toml" : null
}

function onOrOff(text: string): boolean | string {
  if (text === "on" || text === "1" || text === "true") return true
  return text === "off" || text === "0" || text === "false" ? false : text
}
