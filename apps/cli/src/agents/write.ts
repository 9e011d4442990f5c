import { mkdir, rename, rm, writeFile } from "node:fs/promises"
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

/**
 * Writes what tells agents of spore: `AGENTS.md` and a skill into a folder that they work in, and `program.md` into the
 * data folder. What is there stays.
 *
 * @param force replaces it
 * @throws SporeError `file_unusable`
 */
export async function writeAgentFiles(folder: string, dataDir: string, force: boolean): Promise<AgentFiles> {
  const written: string[] = []
  const kept: string[] = []
  for (const [path, content] of [
    [join(folder, "AGENTS.md"), AGENT_INSTRUCTIONS],
    [join(folder, ".claude", "skills", "spore", "SKILL.md"), AGENT_SKILL],
    [programPath(dataDir), PROGRAM],
  ] as const) {
    const isNew = await write(path, content, force).catch((error: unknown) => {
      throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, {
        cause: error,
        next: "give a folder that can be written to: spore init --agents <folder>",
      })
    })
    const list = isNew ? written : kept
    list.push(path)
  }
  return { written, kept }
}

async function write(path: string, content: string, force: boolean): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true })
  if (force) {
    await replace(path, content)
    return true
  }
  try {
    await writeFile(path, content, { flag: "wx" })
    return true
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false
    throw error
  }
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
