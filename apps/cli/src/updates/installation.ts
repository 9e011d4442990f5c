import { existsSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { builtInProgram, PASSED_OVER, type Program, versionsFolder } from "@spore/operator/launch"
import type { Context } from "../context.ts"

const MANIFEST = new URL("../../package.json", import.meta.url)

/** Where this program came from. */
export interface Installation {
  readonly version: string
  /** Folder of its package. */
  readonly packageFolder: string
  /** Whether it is a source checkout, which is updated by git alone. */
  readonly isCheckout: boolean
  /** Whether an update brought it. */
  readonly isUpdate: boolean
  /** What was installed by hand. */
  readonly builtIn: Program
  /** Versions that the supervisor of this process started in vain: they do not run on its data folder. */
  readonly passedOver: readonly string[]
  /** Where versions lie; null where none but what was installed by hand counts. */
  readonly versionsFolder: string | null
  /** The same, of a program that takes updates: null for a source checkout too. */
  readonly updatesFolder: string | null
}

export function findInstallation(env: Context["env"]): Installation {
  const packageFolder = dirname(fileURLToPath(MANIFEST))
  const folder = versionsFolder(env)
  const isCheckout = existsSync(join(packageFolder, "src"))
  return {
    version: builtInProgram({}, packageFolder).version,
    packageFolder,
    isCheckout,
    isUpdate: folder !== null && dirname(packageFolder) === realPath(folder),
    builtIn: builtInProgram(env, packageFolder),
    passedOver: (env[PASSED_OVER] ?? "").split(",").filter((version) => version !== ""),
    versionsFolder: folder,
    updatesFolder: isCheckout ? null : folder,
  }
}

/** Modules know the real path of their files. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
