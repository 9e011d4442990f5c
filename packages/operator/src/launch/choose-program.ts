import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { isOwnFile, isOwnFolder } from "./own-alone.ts"
import { fieldOf, isObject, packageProblem, PROGRAM_ENTRY, readJson } from "./package.ts"
import { compareVersions } from "./semver.ts"

/** A version of the program that can be run. */
export interface Program {
  readonly version: string
  /** Path of the module that runs it. */
  readonly entry: string
}

export interface ChoiceInit {
  /** The folder of versions; null: only what was installed by hand counts. */
  readonly folder: string | null
  /** What was installed by hand, and asks. */
  readonly builtIn: Program
  /** Versions that turned out not to run. */
  readonly except?: ReadonlySet<string>
  /** The version of Node.js; this process's by default. */
  readonly node?: string
}

export interface Choice extends Program {
  /** For people: newer versions that were passed over, each with the reason. */
  readonly passedOver: readonly string[]
}

/**
 * The folder that versions lie in, whatever data folder is used: `~/.spore/versions`, or what `SPORE_VERSIONS` names.
 *
 * @returns null where it is `none`, or there is no home
 */
export function versionsFolder(env: Readonly<Record<string, string | undefined>>): string | null {
  const asked = env["SPORE_VERSIONS"]
  if (asked === "none") return null
  if (asked !== undefined && asked !== "") return resolve(asked)
  try {
    return join(homedir(), ".spore", "versions")
  } catch {
    // A user that the system knows nothing of.
    return null
  }
}

/**
 * What was installed by hand, as the launcher told all that it started in `SPORE_BUILT_IN`: the folder of its package.
 *
 * @param own the package of the program that asks, for where no launcher started it
 */
export function builtInProgram(env: Readonly<Record<string, string | undefined>>, own: string): Program {
  const told = env[BUILT_IN_VARIABLE]
  const folder = told === undefined || fieldOf(join(told, "package.json"), "version") === null ? own : told
  // What cannot say its version is older than any.
  const version = fieldOf(join(folder, "package.json"), "version") ?? "0.0.0"
  return { version, entry: join(folder, PROGRAM_ENTRY) }
}

/**
 * Names the versions that its supervisor passes over to a program, with commas between: they did not work here, though
 * another program of the user may have found them good. Not set where there is none.
 */
export const PASSED_OVER = "SPORE_PASSED_OVER"

/** Names the package folder of what was installed by hand to programs that a launcher starts. */
export const BUILT_IN_VARIABLE = "SPORE_BUILT_IN"

/**
 * The newest version that is whole and not refused, of what was installed by hand, the current one of the folder and
 * the one before that. What was installed by hand is what is left where no other will do. One on trial is none of them:
 * nobody has found it good yet. The folder counts only if it is this user's and nobody else can write to it.
 */
export function chooseProgram(init: ChoiceInit): Choice {
  const { folder, builtIn, except, node = process.versions.node } = init
  const passedOver: string[] = []
  const state = folder === null ? null : readChoices(folder)
  if (folder === null || state === null) return { ...builtIn, passedOver }
  const candidates = [state.current, state.previous]
    .flatMap((version) => (version === null || state.refused.has(version) ? [] : version))
    .filter((version) => state.refused.has(builtIn.version) || compareVersions(version, builtIn.version) > 0)
    .toSorted(compareVersions)
    .toReversed()
  for (const version of candidates) {
    if (except?.has(version) === true) continue
    const problem = packageProblem(join(folder, version), version, node, PROGRAM_ENTRY)
    if (problem === null) return { version, entry: join(folder, version, PROGRAM_ENTRY), passedOver }
    passedOver.push(`${version}: ${problem}`)
  }
  return { ...builtIn, passedOver }
}

/** The little of `state.json` that counts here; null where it is not to be trusted, or cannot be read. */
function readChoices(
  folder: string,
): { current: string | null; previous: string | null; refused: ReadonlySet<string> } | null {
  const path = join(folder, "state.json")
  if (!isOwnFolder(folder) || !isOwnFile(path)) return null
  const state = readJson(path)
  if (!isObject(state) || state["format"] !== 1) return null
  const { current, previous, refused } = state
  return {
    current: versionOf(current),
    previous: isObject(previous) ? versionOf(previous["version"]) : null,
    refused: new Set(isObject(refused) ? Object.keys(refused) : []),
  }
}

/** As `versionSchema`: it names a folder. */
function versionOf(value: unknown): string | null {
  return typeof value === "string" && value.length <= 64 && /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(value)
    ? value
    : null
}
