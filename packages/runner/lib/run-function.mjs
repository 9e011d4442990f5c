// The main program of the evaluator kind `javascript`: node run-function.mjs FILE --program_path P --results_dir D
// judges with the `evaluate(context)` that FILE, a path below the working directory, exports.

import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { evaluate } from "./spore-evaluator.mjs"

const [file] = process.argv.splice(2, 1)
const judge = await import(pathToFileURL(resolve(file)).href)
await evaluate(judge.evaluate)
