/**
 * New task packages from templates: `templates/NAME/` of this package, with the library for authors beside them, so that
 * an evaluator is frozen with its task and runs anywhere.
 *
 * @packageDocumentation
 */
import { messageOf, SporeError } from "@spore/records"
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { TASK_FILE } from "./manifest.ts"

/** A worked example to begin from. */
export type TaskTemplate = "javascript" | "python" | "command" | "solution" | "wasm"

export const TASK_TEMPLATES: readonly TaskTemplate[] = ["javascript", "python", "command", "solution", "wasm"]

/** `folder_in_use`: there is something already. `folder_unusable`: it cannot be written. */
export type ScaffoldErrorCode = "folder_in_use" | "folder_unusable"

const JAVASCRIPT = [["spore-evaluator.mjs", "spore-evaluator.mjs"]] as const
/** What of this package's `lib/` goes where in the new folder. */
const LIBRARIES: Record<TaskTemplate, readonly (readonly [from: string, to: string])[]> = {
  javascript: JAVASCRIPT,
  python: [["spore_evaluator.py", "spore_evaluator.py"]],
  command: JAVASCRIPT,
  solution: JAVASCRIPT,
  wasm: [...JAVASCRIPT, ["spore-wasm.mjs", "lib/spore-wasm.mjs"], ["wasm/", "lib/wasm/"]],
}

const TEMPLATES = new URL("../../templates/", import.meta.url)
const LIBRARY = new URL("../../lib/", import.meta.url)

/**
 * Writes a task package that works as it is into `folder`, a host path that is new or empty; gives its files.
 *
 * @throws SporeError with a ScaffoldErrorCode
 */
export async function createTaskFolder(init: {
  template: TaskTemplate
  folder: string
  /** The task's name, 1 to 64 bytes. */
  name: string
}): Promise<string[]> {
  const { template, folder, name } = init
  const present = await readdir(folder).catch(() => [])
  if (present.length > 0) {
    throw new SporeError<ScaffoldErrorCode>("folder_in_use", `${folder} is not empty`, { next: "give another folder" })
  }
  try {
    await mkdir(folder, { recursive: true })
    await cp(new URL(`${template}/`, TEMPLATES), folder, { recursive: true })
    for (const [from, to] of LIBRARIES[template]) {
      await cp(new URL(from, LIBRARY), join(folder, to), { recursive: true })
    }
    const manifest = join(folder, TASK_FILE)
    const text = await readFile(manifest, "utf8")
    await writeFile(
      manifest,
      text.replace('"NAME"', () => JSON.stringify(name)),
    )
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .toSorted()
  } catch (error) {
    const why = `cannot write ${folder}: ${messageOf(error)}`
    throw new SporeError<ScaffoldErrorCode>("folder_unusable", why, { cause: error })
  }
}
