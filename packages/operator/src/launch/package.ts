import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { looked } from "./own-alone.ts"
import { compareVersions } from "./semver.ts"

/** The module of an unpacked version that is its program: importing it runs the command line. */
export const PROGRAM_ENTRY = "dist/cli.js"
/** What a version says of itself. */
export const RELEASE_FILE = "dist/release.json"

/** What keeps the package in `folder` from being run as `version` by this Node.js; null where nothing does. */
export function packageProblem(folder: string, version: string, node: string, entry: string): string | null {
  if (looked(() => statSync(folder)) === null) return "it is not installed"
  if (looked(() => statSync(join(folder, entry)))?.isFile() !== true) return `it lacks ${entry}`
  if (fieldOf(join(folder, "package.json"), "version") !== version)
    return "its package.json is not that of this version"
  if (fieldOf(join(folder, RELEASE_FILE), "version") !== version)
    return `its ${RELEASE_FILE} is not that of this version`
  const minimum = fieldOf(join(folder, RELEASE_FILE), "node")
  if (minimum === null) return `its ${RELEASE_FILE} names no Node.js`
  return compareVersions(node, minimum) < 0 ? `it needs Node.js ${minimum}, and this is ${node}` : null
}

/** A text of a JSON file; null where there is none, or no such file. */
export function fieldOf(path: string, name: string): string | null {
  const value = readJson(path)
  const field = isObject(value) ? value[name] : undefined
  return typeof field === "string" ? field : null
}

/** Undefined where it cannot be read. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null
}
