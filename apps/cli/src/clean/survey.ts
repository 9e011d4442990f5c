import type { Dirent } from "node:fs"
import { lstat, readdir, readlink } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode } from "@spore/records"
import { ASIDE, NOT_OURS, PARTS, type Part, partOf } from "./parts.ts"

/** What is to be deleted of a part. */
export interface Found {
  readonly part: Part
  /** In the order in which they go, relative to the data folder. */
  readonly names: readonly string[]
  readonly files: number
  readonly bytes: number
  /** Of those names that are links: only the link is deleted. */
  readonly links: readonly { readonly name: string; readonly target: string }[]
}

export interface Survey {
  readonly found: readonly Found[]
  /** What stays, and why. */
  readonly left: readonly { readonly name: string; readonly reason: string }[]
}

export interface Choice {
  /** Names of parts; empty: all that a node makes or gets again. */
  readonly parts: readonly string[]
  /** Also what may be nowhere else, and what the keeper wrote. */
  readonly all: boolean
  /** Also the key. */
  readonly identity: boolean
}

/** What of a data folder is to be deleted, and what stays. Links are not followed. */
export async function surveyFolder(dataDir: string, choice: Choice): Promise<Survey> {
  const names = (await readdir(dataDir)).toSorted()
  const found: Found[] = []
  const left: { name: string; reason: string }[] = []
  const chosen = new Map<string, string[]>()
  for (const name of names) {
    const part = name.startsWith(ASIDE) ? LEFTOVERS : partOf(name)
    const reason = part === undefined ? (NOT_OURS[name] ?? "not of spore") : whyKept(part, choice)
    if (reason === null && part !== undefined) chosen.set(part.name, [...(chosen.get(part.name) ?? []), name])
    else if (reason !== null && name !== "running.json") left.push({ name, reason })
  }
  for (const part of [LEFTOVERS, ...PARTS]) {
    const own = chosen.get(part.name)
    if (own !== undefined) found.push(await foundOf(dataDir, part, own))
  }
  return { found, left }
}

/** Of a clean that was cut off. */
const LEFTOVERS: Part = { name: "leftovers", what: "of a clean that was cut off", kind: "made", names: [] }

/** Null: it goes. */
function whyKept({ name, kind }: Part, { parts, all, identity }: Choice): string | null {
  if (kind === "key") return identity ? null : "the key: only with --identity"
  if (parts.length > 0) return parts.includes(name) || name === LEFTOVERS.name ? null : "not asked for"
  if (kind === "made" || all) return null
  const reason = kind === "kept" ? "may be nowhere else" : "yours"
  return `${reason}: only by name (${name}) or with --all`
}

async function foundOf(dataDir: string, part: Part, names: readonly string[]): Promise<Found> {
  let [files, bytes] = [0, 0]
  const links: { name: string; target: string }[] = []
  for (const name of names) {
    const path = join(dataDir, name)
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) links.push({ name, target: await readlink(path) })
    const size = stats.isDirectory() ? await sizeOf(path) : { files: 1, bytes: stats.size }
    files += size.files
    bytes += size.bytes
  }
  return { part, names, files, bytes, links }
}

async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0]
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await entriesOf(next)) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else {
        files++
        bytes += await bytesOf(path)
      }
    }
  }
  return { files, bytes }
}

/** What cannot be read is told of when it cannot be deleted. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (hasErrorCode(error, "EACCES", "ENOENT", "EPERM")) return []
    throw error
  }
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch {
    return 0
  }
}
