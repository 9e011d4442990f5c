import type { FileTree } from "@spore/records/artifacts"
import { type EvaluatorSpec, parseTaskPackage, TASK_FILE } from "../task-package/manifest.ts"
import { shellFor } from "./shell.ts"

/** Scripts that may print their results, and the programs that run them. */
const SCRIPTS: readonly (readonly [path: string, program: string | null])[] = [
  ["autoresearch.sh", null],
  ["train.py", "python3"],
  ["train.mjs", "node"],
  ["train.js", "node"],
  ["benchmark.sh", null],
  ["bench.sh", null],
  ["run.sh", null],
  ["benchmark.py", "python3"],
  ["bench.py", "python3"],
]

/**
 * The evaluator that a folder has, by its files; null where none is known. In this order: what `spore.task.json` says;
 * `evaluate.py` with `--program_path` (Shinka); `evaluator.py` with `def evaluate` (OpenEvolve); `tests/test.sh` and
 * `task.toml` (Harbor); `evaluator.mjs` that exports `evaluate`; a script that prints `---` or `METRIC name=number`.
 *
 * @throws SporeError `task_package_malformed` for a `spore.task.json` that cannot be read
 */
export function detectEvaluator(files: FileTree): EvaluatorSpec | null {
  const text = (path: string): string => new TextDecoder().decode(files.get(path))
  if (files.has(TASK_FILE)) return parseTaskPackage(text(TASK_FILE)).evaluator
  if (/--program[_-]path\b/.test(text("evaluate.py"))) return { kind: "shinka", file: "evaluate.py" }
  if (/^(?:async )?def evaluate\b/m.test(text("evaluator.py"))) return { kind: "openevolve", file: "evaluator.py" }
  if (files.has("tests/test.sh") && files.has("task.toml")) return { kind: "harbor", file: "tests/test.sh" }
  if (/^export\b.*\bevaluate\b/m.test(text("evaluator.mjs"))) {
    return { kind: "javascript", file: "evaluator.mjs", judge: "shared" }
  }
  const script = SCRIPTS.find(([path]) => printsResults(text(path)))
  return script === undefined ? null : { kind: "stdout", cmd: commandOf(script, files) }
}

/** Names of the metrics that a script prints, `METRIC name=` first; those of a block only where there is a `---`. */
export function printedNames(script: string): string[] {
  const metrics = [...script.matchAll(/\bMETRIC ([A-Za-z_][\w.µ/%-]{0,63})=/g)]
  const block = printsBlock(script) ? [...script.matchAll(/["'`]([A-Za-z_]\w{0,63}): {1,40}[${%]/g)] : []
  return [...new Set([...metrics, ...block].flatMap(([, name]) => name ?? []))]
}

function printsResults(script: string): boolean {
  return printsBlock(script) || /\bMETRIC [A-Za-z_{$]/.test(script)
}

function printsBlock(script: string): boolean {
  return /["'`]---["'`\\]/.test(script)
}

function commandOf([path, program]: readonly [string, string | null], files: FileTree): string[] {
  return [program ?? shellFor(files.get(path)), path]
}
