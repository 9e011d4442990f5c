import type { FileTree } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"

/** A replacement of one text, which occurs once. */
export interface Edit {
  readonly path: string
  readonly search: string
  readonly replace: string
}

/**
 * The files that change: those given whole, then the edits one after the other.
 *
 * @param files the candidate's editable files
 * @throws SporeError `bad_candidate`
 */
export function applyEdits(
  files: FileTree,
  whole: readonly { readonly path: string; readonly content: string }[],
  edits: readonly Edit[],
): FileTree {
  const changed = new Map<string, Uint8Array>()
  const assertEditable = (path: string): void => {
    if (files.has(path)) return
    throw refused(`${path} is not an editable file`, `editable are ${[...files.keys()].join(", ")}`)
  }
  for (const { path, content } of whole) {
    assertEditable(path)
    changed.set(path, new TextEncoder().encode(content))
  }
  for (const { path, search, replace } of edits) {
    assertEditable(path)
    const text = new TextDecoder().decode(changed.get(path) ?? files.get(path))
    const [before = "", after, ...more] = text.split(search)
    if (after === undefined) throw refused(`${path} does not hold ${quoted(search)}`, "read_code shows what it holds")
    if (more.length > 0) {
      throw refused(`${path} holds ${quoted(search)} ${more.length + 1} times`, "search for more of the lines around it")
    }
    changed.set(path, new TextEncoder().encode(before + replace + after))
  }
  if (changed.size > 0) return changed
  throw refused("nothing was changed", "give files or edits")
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

function refused(message: string, next: string): Error {
  return cliError("bad_candidate", message, { next })
}
