// Scores a packing where no candidate ever ran: node check.mjs --artifacts_dir A --results_dir D
//
// Reads A/circles.json and nothing else; writes D/correct.json and, for a packing, D/metrics.json.

import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { MAX_BYTES, NoPacking, readPacking, sumRadii } from "./packing.mjs"

const OBJECT = "circles.json"

const { values: options } = parseArgs({
  options: { artifacts_dir: { type: "string" }, results_dir: { type: "string" } },
})

try {
  const names = readdirSync(options.artifacts_dir)
  if (names.length !== 1 || names[0] !== OBJECT) throw new NoPacking(`expected ${OBJECT} and nothing else`)
  const file = join(options.artifacts_dir, OBJECT)
  if (!lstatSync(file).isFile() || lstatSync(file).size > MAX_BYTES) throw new NoPacking(`${OBJECT} is too large`)
  const score = sumRadii(readPacking(readFileSync(file, "utf8")))
  write("metrics.json", { combined_score: score, public: { sum_radii: score }, private: {}, text_feedback: "" })
  write("correct.json", { correct: true, error: null })
} catch (error) {
  if (!(error instanceof NoPacking)) throw error
  write("correct.json", { correct: false, error: error.message })
}

function write(name, value) {
  mkdirSync(options.results_dir, { recursive: true })
  writeFileSync(join(options.results_dir, name), JSON.stringify(value))
}
