import { existsSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { builtInProgram, type Program, versionsFolder } from "@spore/operator/launch"
import type { Context } from "../context.ts"

/** Where the versions of this program are. */
export interface Installation {
  /** What was installed by hand. */
  readonly builtIn: Program
  /** Where updates lie; null: there are none, for a source checkout for instance. */
  readonly folder: string | null
}

export function findInstallation(env: Context["env"]): Installation {
  const root = dirname(fileURLToPath(new URL("../../package.json", import.meta.url)))
  const isCheckout = existsSync(new URL("../../src/", import.meta.url))
  return { builtIn: builtInProgram(env, root), folder: isCheckout ? null : versionsFolder(env) }
}
