import { resolve } from "node:path"
import { z } from "zod"
import { runOptions } from "../program/run-options.ts"

const optionsSchema = z.record(z.string(), z.unknown())
/** Options that name a file: who runs them later is in another folder. */
const PATHS: readonly string[] = ["program"]

/**
 * The options of `spore run` that were given, as words of a command line that say the same wherever it is run.
 *
 * @param options as commander read them
 */
export function runWords(options: unknown): string[] {
  const given = optionsSchema.parse(options)
  return runOptions().flatMap((option) => {
    const name = option.attributeName()
    const value = given[name]
    if (option.negate) return value === false ? [option.long ?? ""] : []
    if (value === true) return [option.long ?? ""]
    const values = Array.isArray(value) ? value : value === undefined || value === false ? [] : [value]
    return values.map((one) => `${option.long}=${PATHS.includes(name) ? resolve(String(one)) : String(one)}`)
  })
}
