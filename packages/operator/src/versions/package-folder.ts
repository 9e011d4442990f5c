import { readdir, readFile, stat } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { messageOf, SporeError } from "@spore/records"
import { z } from "zod"
import type { OperatorErrorCode } from "../error-codes.ts"
import { fieldOf, packageProblem } from "../launch/package.ts"
import { type Release, releaseSchema } from "../release.ts"

/** The program whose versions these are. */
export interface ProgramPackage {
  /** Of its `package.json`. */
  readonly name: string
  /** Path of its module inside the package. */
  readonly entry: string
}

/** What is written into each installed version. */
export const INSTALLED_FILE = "installed.json"

export interface Installed {
  /** What the channel said of it. */
  readonly release: Release
  /** Bytes of each of its files. */
  readonly files: Readonly<Record<string, number>>
}

const installedSchema: z.ZodType<Installed> = z.object({
  release: releaseSchema,
  files: z.record(z.string(), z.number()),
})

/** @throws SporeError `release_refused` where an unpacked package is not what the release says it is */
export async function checkPackage(
  folder: string,
  release: Release,
  { name, entry }: ProgramPackage,
  node: string,
): Promise<void> {
  const problem =
    fieldOf(join(folder, "package.json"), "name") === name
      ? packageProblem(folder, release.version, node, entry)
      : `it is not a package of ${name}`
  if (problem === null) return
  throw new SporeError<OperatorErrorCode>("release_refused", `release ${release.version} is refused: ${problem}`)
}

/** The files of a folder with their sizes, paths with `/`. */
export async function filesOf(folder: string): Promise<Installed["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(
    paths.map(async (path) => [relative(folder, path).replaceAll(sep, "/"), (await stat(path)).size] as const),
  )
  return Object.fromEntries(sizes.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What is recorded of an installed version, once all its files are found to be there.
 *
 * @throws SporeError `version_missing`, `version_damaged`
 */
export async function readInstalled(folder: string, version: string): Promise<Installed> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  if (!isThere) throw new SporeError<OperatorErrorCode>("version_missing", `version ${version} is not installed`)
  try {
    const text = await readFile(join(folder, INSTALLED_FILE), "utf8")
    const installed = installedSchema.parse(JSON.parse(text))
    if (installed.release.version !== version) throw new Error("it is another version")
    await Promise.all(Object.entries(installed.files).map(([path, size]) => checkFile(join(folder, path), size)))
    return installed
  } catch (error) {
    throw new SporeError<OperatorErrorCode>("version_damaged", `version ${version} is damaged: ${messageOf(error)}`, {
      cause: error,
      next: "spore update apply",
    })
  }
}

/** Whether a folder was made by the installation of that version, whole or not. */
export async function wasInstalled(folder: string, version: string): Promise<boolean> {
  try {
    const text = await readFile(join(folder, INSTALLED_FILE), "utf8")
    return installedSchema.parse(JSON.parse(text)).release.version === version
  } catch {
    return false
  }
}

async function checkFile(path: string, size: number): Promise<void> {
  if ((await stat(path)).size !== size) throw new Error(`${path} has another size`)
}
