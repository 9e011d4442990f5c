import type { Notice } from "@spore/api/client"
import type { Supervised } from "@spore/operator/supervise"
import { type Logger, systemClock, systemRandom } from "@spore/records"
import type { UpdateSettings } from "../settings/update.ts"
import { openChannel } from "./channel.ts"
import type { Installation } from "./installation.ts"
import { carryOut } from "./instructions.ts"
import { openVersions } from "./open-versions.ts"
import { createUpdater, type Updater, type VersionsHome } from "./updater.ts"

export interface NodeUpdaterInit {
  readonly installation: Installation
  readonly settings: UpdateSettings
  readonly supervised: Supervised | null
  readonly tell: (notice: Notice) => void
  readonly log: Logger
}

/** The updater of a node of this process. */
export function nodeUpdater({ installation, settings, supervised, tell, log }: NodeUpdaterInit): Updater {
  return createUpdater({
    version: installation.version,
    node: process.versions.node,
    passedOver: installation.passedOver,
    channel: settings.url,
    whyNot: whyNot(installation, settings, supervised !== null),
    home: versionsHome(installation),
    openChannel: (folder) => openChannel(settings, folder),
    supervised,
    clock: systemClock,
    random: systemRandom,
    log,
    tell,
  })
}

/** Null where there is no folder for versions. */
export function versionsHome(installation: Installation): VersionsHome | null {
  const versions = openVersions(installation)
  const { versionsFolder: folder } = installation
  return versions === null || folder === null ? null : { folder, versions }
}

/** Why a node of this program takes nothing by itself; null where it does. */
export function whyNot(installation: Installation, settings: UpdateSettings, isSupervised: boolean): string | null {
  if (installation.isCheckout) return "a source checkout, which git updates"
  if (installation.versionsFolder === null) return "SPORE_VERSIONS=none"
  return settings.offBy ?? (isSupervised ? null : "nothing supervises this node, to start it again")
}

/**
 * Does what the version that runs has to do once before its node starts: only of a version that was installed by an
 * update.
 *
 * @throws SporeError `instruction_failed` and what opening the facts throws
 */
export async function prepareVersion(
  installation: Installation,
  dataDir: string,
  phase: (text: string) => void,
  log: Logger,
): Promise<void> {
  const { version, packageFolder, isUpdate } = installation
  const versions = openVersions(installation)
  if (versions === null || !isUpdate) return
  const instructions = await versions.instructionsOf(version)
  await carryOut({ version, instructions, packageFolder, dataDir, phase, log })
}
