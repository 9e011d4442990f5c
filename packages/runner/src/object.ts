/**
 * The object of artifact replay: what a candidate left, kept as one folder in which each replicate has its own, named
 * by its number.
 *
 * @packageDocumentation
 */
import type { FileTree } from "@spore/records/artifacts"

/** The folder of all replicates' artifacts; null where none has any. */
export function objectOf(
  runs: readonly { readonly number: number; readonly artifacts: FileTree | null }[],
): FileTree | null {
  const files = runs.flatMap(({ number, artifacts }) =>
    [...(artifacts ?? [])].map(([path, bytes]) => [`${number}/${path}`, bytes] as const),
  )
  return files.length === 0 ? null : new Map(files)
}

/** One replicate's part of an object; empty where it has none. */
export function partOf(object: FileTree, number: number): FileTree {
  const prefix = `${number}/`
  return new Map(
    [...object].flatMap(([path, bytes]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), bytes]] : [])),
  )
}
