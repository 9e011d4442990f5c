import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { UpdateStatus } from "@spore/api/client"
import { NO_VERSIONS, type VersionState } from "@spore/operator"
import { systemClock } from "@spore/records"
import { z } from "zod"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { dataPaths } from "@spore/node/local"
import { askRunning, type LiveNode } from "../folder/live.ts"
import { readConfig } from "../settings/config-file.ts"
import { resolveSettings } from "../settings/settings.ts"
import type { UpdateSettings } from "../settings/update.ts"
import { findInstallation, type Installation } from "./installation.ts"
import { readLook } from "./look-record.ts"
import { versionsHome, whyNot } from "./node-updater.ts"
import { updateStatus } from "./update-status.ts"
import type { VersionsHome } from "./updater.ts"

/** What commands on updates work with. */
export interface Updates {
  readonly installation: Installation
  readonly settings: UpdateSettings
  /** Null where no versions are kept. */
  readonly home: VersionsHome | null
  readonly state: VersionState
  readonly live: LiveNode | null
  /** As the node that runs here says, or else as the last look left it. */
  readonly status: UpdateStatus
}

export async function readUpdates({ dataDir, env }: Context): Promise<Updates> {
  const installation = findInstallation(env)
  const home = versionsHome(installation)
  const settings = await readUpdateSettings(dataDir, env)
  const [live, state, look] = await Promise.all([
    askRunning(dataDir),
    home === null ? NO_VERSIONS : home.versions.read(),
    home === null ? null : readLook(home.folder, settings.url),
  ])
  const own = updateStatus({
    version: installation.version,
    node: process.versions.node,
    channel: settings.url,
    // A node that is started from here would be supervised.
    whyNot: whyNot(installation, settings, true),
    look,
    state,
    doing: "idle",
    now: systemClock.now(),
    nextLook: null,
    problem: null,
  })
  return { installation, settings, home, state, live, status: live?.status?.update ?? own }
}

/** Those of a node that is started without flags. */
export async function readUpdateSettings(dataDir: string, env: Context["env"]): Promise<UpdateSettings> {
  return resolveSettings({}, env, await readConfig(dataPaths(dataDir).config)).update
}

/** @throws SporeError `not_updatable` where nothing can be installed */
export function requireHome({ installation, home }: Pick<Updates, "installation" | "home">): VersionsHome {
  if (installation.isCheckout) {
    throw cliError("not_updatable", `this is a source checkout, which git updates: ${installation.packageFolder}`, {
      next: "git pull, then build it again",
    })
  }
  return requireKept(home)
}

/** @throws SporeError `not_updatable` where no versions are kept, and nothing of a channel */
export function requireKept(home: VersionsHome | null): VersionsHome {
  if (home === null) {
    throw cliError("not_updatable", "no versions are kept here: SPORE_VERSIONS is none", {
      next: "update it with what installed it, such as npm, or unset SPORE_VERSIONS",
    })
  }
  return home
}

const layoutSchema = z.object({ database: z.number() })

/** The layout of the database that a version writes; null where its package does not say. */
export function layoutOf(installation: Installation, version: string): number | null {
  const { versionsFolder: folder, builtIn, packageFolder } = installation
  const packages = [
    ...(version === installation.version ? [packageFolder] : []),
    ...(version === builtIn.version ? [dirname(dirname(builtIn.entry))] : []),
    ...(folder === null ? [] : [join(folder, version)]),
  ]
  for (const one of packages) {
    try {
      return layoutSchema.parse(JSON.parse(readFileSync(join(one, "dist", "release.json"), "utf8"))).database
    } catch {
      // Not there, or a checkout.
    }
  }
  return null
}
