import type { FileTree } from "@spore/records/artifacts"
import { cliError } from "../errors.ts"

/** A file given whole; where there is one editable file, its path may be left out. */
export interface WholeFile {
  readonly path?: string | undefined
  readonly content: string
}

/** A replacement of one text, which occurs once. */
export interface Edit {
  readonly path?: string | undefined
  readonly search: string
  readonly replace: string
}

/**
 * The files that change: those given whole, then the edits one after the other.
 *
 * @param files the candidate's editable files
 * @throws SporeError `bad_candidate`
 */
export function applyEdits(files: FileTree, whole: readonly WholeFile[], edits: readonly Edit[]): FileTree {
  const editable = [...files.keys()]
  const changed = new Map<string, Uint8Array>()

  function pathOf({ path }: { path?: string | undefined }): string {
    const [only, ...others] = editable
    if ((path ?? "") === "" && only !== undefined && others.length === 0) return only
    if (path !== undefined && files.has(path)) return path
    const what = path === undefined ? "a path is missing" : `${path} is not an editable file`
    throw refused(what, `editable are ${editable.join(", ")}`)
  }

  for (const file of whole) changed.set(pathOf(file), new TextEncoder().encode(file.content))
  for (const edit of edits) {
    const { search, replace } = edit
    const path = pathOf(edit)
    const text = new TextDecoder().decode(changed.get(path) ?? files.get(path))
    const [before = "", after, ...more] = text.split(search)
    if (after === undefined) throw refused(`${path} does not hold ${quoted(search)}`, "read_code shows what it holds")
    if (more.length > 0) {
      throw refused(
        `${path} holds ${quoted(search)} ${more.length + 1} times`,
        "search for more of the lines around it",
      )
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
