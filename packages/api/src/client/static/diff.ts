import { type CopyExperiment, copyPaths, packSchema } from "../../copy/format.ts"
import type { Code, CodeFile, Diff, DiffFile } from "../../dto/index.ts"
import type { Copy } from "./copy.ts"

/** An experiment's code, where the copy holds it. */
export async function codeOf(copy: Copy, entry: CopyExperiment, code: string): Promise<Code> {
  const none: Code = { code, held: false, files: [] }
  if (entry.code === null) return none
  const [pack, place] = entry.code
  return (await copy.files.read(packSchema, copyPaths.code(pack)))[place] ?? none
}

/** How two candidates differ. Of files that are not there as text, only that they do may be known. */
export async function diffCode(experiment: string, against: string, before: Code, after: Code): Promise<Diff> {
  const missing = [before, after].filter(({ held }) => !held).map(({ code }) => code)
  const files = missing.length > 0 || before.code === after.code ? [] : await diffFiles(before.files, after.files)
  return { experiment, against, held: missing.length === 0, missing, files }
}

async function diffFiles(before: readonly CodeFile[], after: readonly CodeFile[]): Promise<DiffFile[]> {
  // Loaded where something is compared: most visits compare nothing.
  const { diffText } = await import("../../text-diff.ts")
  const old = new Map(before.map((file) => [file.path, file]))
  const now = new Map(after.map((file) => [file.path, file]))
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return paths.flatMap((path): DiffFile[] => {
    const [was, is] = [old.get(path), now.get(path)]
    if (was?.text !== null && was !== undefined && was.text === is?.text) return []
    const change = was === undefined ? "added" : is === undefined ? "removed" : "modified"
    const omitted =
      [was?.omitted, is?.omitted].find((why) => why === "too_large") ?? was?.omitted ?? is?.omitted ?? null
    if (omitted !== null) return [{ path, change, additions: 0, deletions: 0, patch: null, omitted }]
    return [{ path, change, ...diffText(path, was?.text ?? "", is?.text ?? "") }]
  })
}
