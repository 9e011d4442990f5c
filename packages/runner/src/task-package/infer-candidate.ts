import { SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { PackageOverrides } from "./infer.ts"
import { type CandidateSpec, type EvaluatorSpec, TASK_FILE, type TaskPackageErrorCode } from "./manifest.ts"

const LANGUAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    c: "c",
    cc: "cpp",
    cjs: "javascript",
    cpp: "cpp",
    cu: "cuda",
    go: "go",
    jl: "julia",
    js: "javascript",
    lean: "lean",
    mjs: "javascript",
    py: "python",
    rs: "rust",
    sh: "shell",
    ts: "typescript",
  }),
)

/** Names under which projects keep the program that changes, best known first. */
const NAMES: readonly RegExp[] = [
  /^initial_program\.\w+$/,
  /^initial\.\w+$/,
  /^train\.(?:py|m?js)$/,
  /^(?:app\/|environment\/)?solution\.\w+$/,
  /^(?:candidate|program)\.\w+$/,
]
const MARK = "EVOLVE-BLOCK-START"
/** Files that judge or describe, whatever they hold. */
const NEVER = /^(?:tests|solution|\.spore)\/|^evaluat(?:e|or)\.\w+$|\.(?:md|txt|toml|ya?ml|json|jsonl)$/

/**
 * What candidates change: what the overrides say, a file under a well-known name, files with EVOLVE-BLOCK marks, or
 * what `autoresearch.md` lists under "Files in Scope".
 *
 * @throws SporeError `task_not_inferred`
 */
export function candidateOf(files: FileTree, evaluator: EvaluatorSpec, overrides: PackageOverrides): CandidateSpec {
  const editable = overrides.editable ?? editableFiles(files, evaluator)
  const entry = overrides.entry ?? entryOf(editable)
  return { editable, entry, language: overrides.language ?? languageOf(entry) }
}

function editableFiles(files: FileTree, evaluator: EvaluatorSpec): string[] {
  const text = (path: string): string => new TextDecoder().decode(files.get(path))
  const possible = [...files.keys()].filter(
    (path) => !NEVER.test(path) && !("file" in evaluator && evaluator.file === path),
  )
  const named = NAMES.map((form) => possible.filter((path) => form.test(path))).find((paths) => paths.length > 0)
  const marked = possible.filter((path) => text(path).includes(MARK))
  if (named?.length === 1) return named
  if (marked.length > 0) return marked
  const scope = filesInScope(text("autoresearch.md")).filter((path) => files.has(path))
  if (scope.length > 0) return scope
  throw new SporeError<TaskPackageErrorCode>(
    "task_not_inferred",
    `cannot tell which files candidates change${named === undefined ? "" : `: ${named.join(", ")}`}`,
    { next: `--editable FILE (candidate.editable in ${TASK_FILE}), or mark them with ${MARK}` },
  )
}

/** Names in backticks below the heading of that name. */
function filesInScope(notes: string): string[] {
  const [, section = ""] = notes.split(/^#+ files in scope.*$/im)
  const [own = ""] = section.split(/^#/m)
  return [...own.matchAll(/`([^`\n]{1,256})`/g)].flatMap(([, path]) => path ?? [])
}

function entryOf(editable: readonly string[]): string {
  const known = NAMES.flatMap((form) => editable.filter((path) => form.test(path)))
  return known[0] ?? editable[0] ?? ""
}

function languageOf(path: string): string {
  const extension = path.split(".").at(-1)?.toLowerCase() ?? ""
  return LANGUAGES.get(extension) ?? "text"
}
