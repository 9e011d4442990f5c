import { join } from "node:path"
import type { Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import type { Instruction } from "@spore/operator"
import { type Logger, messageOf, SporeError } from "@spore/records"
import { z } from "zod"
import { storeBundledTasks } from "../folder/bundled-tasks.ts"
import { copyWorkspace } from "./copy-workspace.ts"

export interface InstructionsInit {
  /** Whose instructions they are. */
  readonly version: string
  readonly instructions: readonly Instruction[]
  /** Of that version. */
  readonly packageFolder: string
  readonly dataDir: string
  /** Told of what is done, again and again while that takes long. */
  readonly phase: (text: string) => void
  readonly log: Logger
}

/**
 * Does what a version is to do once on a data folder before its node starts. How far it came is kept with the facts,
 * so that a database of before it knows nothing of it; an instruction that was interrupted is begun again.
 *
 * @throws SporeError `instruction_failed`, and what opening the facts throws
 */
export async function carryOut(init: InstructionsInit): Promise<void> {
  const { version, instructions, dataDir, log } = init
  if (instructions.length === 0) return
  const store = await openLocalStore(dataDir)
  try {
    const key = `instructions/${version}`
    const done = countSchema.parse(await store.getLocal(key))
    for (const [i, instruction] of [...instructions.entries()].slice(done)) {
      init.phase(`update, step ${i + 1} of ${instructions.length}: ${PHASES[instruction.do]}`)
      try {
        const came = await follow(instruction, init, store)
        log.info({ version, instruction: instruction.do, ...came }, "instruction of the update carried out")
      } catch (error) {
        throw new SporeError("instruction_failed", `version ${version}: ${instruction.do}: ${messageOf(error)}`, {
          cause: error,
          next: "spore update history",
        })
      }
      await store.setLocal(key, String(i + 1))
    }
  } finally {
    await store.close()
  }
}

const PHASES: Readonly<Record<Instruction["do"], string>> = {
  copy_workspace: "copying files of the package",
  backfill_tasks: "storing the bundled tasks",
  rebuild_database: "deriving all tables anew",
}

const countSchema = z
  .string()
  .regex(/^\d{1,2}$/)
  .catch("0")
  .transform(Number)

async function follow(instruction: Instruction, init: InstructionsInit, store: Store): Promise<object> {
  const { dataDir, packageFolder, phase } = init
  switch (instruction.do) {
    case "copy_workspace": {
      const source = join(packageFolder, "workspace", ...instruction.from.split("/"))
      return copyWorkspace(source, dataDir, instruction.to.split("/"))
    }
    case "backfill_tasks":
      return { tasks: await storeBundledTasks(store, dataDir) }
    case "rebuild_database":
      await store.rebuild((done, total) => phase(`${PHASES.rebuild_database}: ${done} of ${total} facts`))
      return {}
  }
}
