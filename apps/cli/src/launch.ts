import { existsSync } from "node:fs"
import { dirname, isAbsolute, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { BUILT_IN_VARIABLE, builtInProgram, chooseProgram, versionsFolder } from "@spore/operator/launch"

/** What a program emits on `process` once all of it is loaded, so that its own failures are told from a broken package. */
export const BEGAN = "spore:began"

/** Whether `SPORE_VERSIONS` names another folder in each directory that `spore` is called in: commands refuse that. */
export function namesRelativeVersions({ SPORE_VERSIONS: asked = "" }: Readonly<NodeJS.ProcessEnv>): boolean {
  return asked !== "" && asked !== "none" && !isAbsolute(asked)
}

/**
 * Runs the newest good version of this program, in this process: never one on trial, whose entry the supervisor and the
 * self-check start by themselves. A version that cannot even be loaded is passed over, with a line on stderr.
 */
export async function launch(process: NodeJS.Process): Promise<void> {
  const { env, stderr } = process
  const own = dirname(fileURLToPath(new URL("../package.json", import.meta.url)))
  const builtIn = builtInProgram({}, own)
  env[BUILT_IN_VARIABLE] = own
  // A source checkout is what its keeper made of it. What is refused later runs nothing from there either.
  const folder = existsSync(join(own, "src")) || namesRelativeVersions(env) ? null : versionsFolder(env)

  let hasBegun = false
  process.once(BEGAN, () => {
    hasBegun = true
  })
  const except = new Set<string>()
  const told = new Set<string>()
  for (;;) {
    const choice = chooseProgram({ folder, builtIn, except })
    for (const reason of choice.passedOver) passOver(reason)
    if (choice.entry === builtIn.entry) {
      await import("./cli.ts")
      return
    }
    try {
      await import(pathToFileURL(choice.entry).href)
      return
    } catch (error) {
      if (hasBegun) throw error
      passOver(`${choice.version}: ${String(error)}`)
      except.add(choice.version)
    }
  }

  function passOver(reason: string): void {
    if (!told.has(reason)) stderr.write(`spore: passing over ${reason}\n`)
    told.add(reason)
  }
}
