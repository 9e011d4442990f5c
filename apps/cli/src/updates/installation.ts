import { existsSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { createVersions, type Versions } from "@spore/operator"
import { type Program, versionsFolder } from "@spore/operator/launch"
import { systemClock } from "@spore/records"
import { z } from "zod"
import type { Context } from "../context.ts"

/** Set by the launcher: the folder of the package that was installed by hand, whichever version runs. */
export const BUILT_IN = "SPORE_BUILT_IN"

const MANIFEST = new URL("../../package.json", import.meta.url)
const NAME = "@spore/cli"
const ENTRY = join("dist", "cli.js")
const manifestSchema = z.object({ name: z.literal(NAME), version: z.string() })

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
  /** Where versions lie; null where none but what was installed by hand counts. */
  readonly versionsFolder: string | null
}

export function findInstallation(env: Context["env"]): Installation {
  const packageFolder = dirname(fileURLToPath(MANIFEST))
  const own = programOf(packageFolder)
  const built = env[BUILT_IN]
  const folder = versionsFolder(env)
  return {
    version: own.version,
    packageFolder,
    isCheckout: existsSync(join(packageFolder, "src")),
    builtIn: built === undefined || built === "" ? own : programOf(built),
    isUpdate: folder !== null && dirname(packageFolder) === realPath(folder),
    versionsFolder: folder,
  }
}

/** The installed versions; null where there is no folder for them. */
export function openVersions({ versionsFolder: folder, builtIn }: Installation): Versions | null {
  if (folder === null) return null
  const program = { name: NAME, entry: "dist/cli.js" }
  return createVersions({ folder, program, builtIn, node: process.versions.node, clock: systemClock })
}

/** Modules know the real path of their files. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

function programOf(folder: string): Program {
  return { version: readManifest(folder)?.version ?? "0.0.0", entry: join(folder, ENTRY) }
}

function readManifest(folder: string): z.infer<typeof manifestSchema> | null {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")))
  } catch {
    return null
  }
}
