import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { hasErrorCode, messageOf } from "@spore/records"
import { cliError } from "../errors.ts"
import { programPath } from "../research/program-file.ts"
import { AGENT_INSTRUCTIONS } from "./instructions.ts"
import { PROGRAM } from "./program.ts"
import { AGENT_SKILL } from "./skill.ts"

/** What was written, and what was there already, by path. */
export interface AgentFiles {
  readonly written: readonly string[]
  readonly kept: readonly string[]
}

const BEGIN = "<!-- spore:begin -->"
const END = "<!-- spore:end -->"

/**
 * Writes what tells agents of spore: a block of `AGENTS.md` and a skill into a folder that they work in, and `program.md`
 * into the data folder. What else is in `AGENTS.md` stays, and so does a `program.md`: they are their keeper's.
 *
 * @param force replaces the skill
 * @throws SporeError `file_unusable`
 */
export async function writeAgentFiles(folder: string, dataDir: string, force: boolean): Promise<AgentFiles> {
  const written: string[] = []
  const kept: string[] = []
  for (const [path, contentAfter] of [
    [join(folder, "AGENTS.md"), withBlock],
    [
      join(folder, ".claude", "skills", "spore", "SKILL.md"),
      (before: string | null) => (before === null || force ? AGENT_SKILL : before),
    ],
    [programPath(dataDir), (before: string | null) => before ?? PROGRAM],
  ] as const) {
    const isChanged = await update(path, contentAfter).catch((error: unknown) => {
      throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, {
        cause: error,
        next: "give a folder that can be written to: spore init --agents <folder>",
      })
    })
    const list = isChanged ? written : kept
    list.push(path)
  }
  return { written, kept }
}

/** A text with our block as it is now: in the place of an older one, else at its end. */
function withBlock(before: string | null): string {
  const block = `${BEGIN}\n${AGENT_INSTRUCTIONS}${END}`
  if (before === null || before.trim() === "") return `${block}\n`
  const start = before.indexOf(BEGIN)
  const end = before.indexOf(END, start)
  if (start === -1 || end === -1) return `${before.trimEnd()}\n\n${block}\n`
  return before.slice(0, start) + block + before.slice(end + END.length)
}

/** Writes what a file is to hold instead of what it holds, where that differs. */
async function update(path: string, contentAfter: (before: string | null) => string): Promise<boolean> {
  const before = await readFile(path, "utf8").catch((error: unknown) => {
    if (hasErrorCode(error, "ENOENT")) return null
    throw error
  })
  const after = contentAfter(before)
  if (after === before) return false
  await mkdir(dirname(path), { recursive: true })
  await replace(await realpath(path).catch(() => path), after)
  return true
}

/** Whole or not at all. */
async function replace(path: string, content: string): Promise<void> {
  const draft = `${path}.part-${process.pid}`
  try {
    await writeFile(draft, content)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}
