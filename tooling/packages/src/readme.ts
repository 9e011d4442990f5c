import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "./published.ts"

/** The first program of a README, and what it prints. */
export interface Example {
  /** `ts`: a module; `sh`: commands for bash. */
  readonly language: "ts" | "sh"
  readonly code: string
  readonly prints: string
}

const BLOCKS = /^```(ts|sh)\n([\s\S]*?\n)```\n\n```text\n([\s\S]*?\n)```$/m

/** Reads the example of the README in a folder of the workspace; throws where there is none. */
export function readExample(folder: string): Example {
  const found = BLOCKS.exec(readFileSync(join(ROOT, folder, "README.md"), "utf8"))
  const [, language, code, prints] = found ?? []
  if ((language !== "ts" && language !== "sh") || code === undefined || prints === undefined) {
    throw new Error(`${folder}/README.md has no program (ts or sh) with what it prints (text) right below`)
  }
  return { language, code, prints }
}
