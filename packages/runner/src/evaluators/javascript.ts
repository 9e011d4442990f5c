import { readFileSync } from "node:fs"
import type { JavaScriptEvaluator } from "../task-package/manifest.ts"
import type { Evaluator } from "./evaluator.ts"
import { readResult } from "./results.ts"

const MAIN = ".spore/run-function.mjs"
const LIBRARY = ".spore/spore-evaluator.mjs"
/** `lib` lies beside both the sources and what is built of them. */
const FOLDER = new URL("../../lib/", import.meta.url)

/** A module that exports `evaluate(context)`, run by a main program laid beside it. */
export function createJavaScriptEvaluator(spec: JavaScriptEvaluator): Evaluator {
  return {
    judge: spec.judge,
    stages: spec.stages ?? [],
    files: new Map([
      [MAIN, libraryFile("run-function.mjs")],
      [LIBRARY, libraryFile("spore-evaluator.mjs")],
    ]),
    plan: ({ program, paths }) => ({
      cmd: ["node", MAIN, spec.file, "--program_path", program, "--results_dir", paths.outputs],
    }),
    read: readResult,
  }
}

function libraryFile(name: string): Uint8Array {
  return readFileSync(new URL(name, FOLDER))
}
