import { type Release, type ReleaseChannel, versionSchema } from "@spore/operator"
import { compareVersions } from "@spore/operator/launch"
import { type Clock, isSporeError, SporeError } from "@spore/records"
import { cliError } from "../errors.ts"
import { look } from "./look.ts"
import { standingOf } from "./standing.ts"
import type { VersionsHome } from "./updater.ts"

export interface ChoiceInit {
  readonly home: VersionsHome
  readonly channel: ReleaseChannel
  readonly clock: Clock
  /** What runs. */
  readonly version: string
  /** Of Node.js. */
  readonly node: string
  /** The version that the user wants; undefined: the newest. */
  readonly asked: string | undefined
  /** Whether what was refused here is tried again. */
  readonly force: boolean
}

/** What is to be installed, or is installed already and to be run; null: nothing is newer. */
export type Chosen = { readonly version: string; readonly release: Release | null } | null

/**
 * The version that a user's `apply` means. A channel names its newest release alone, and nothing older than what runs
 * is ever taken.
 *
 * @throws SporeError `version_refused`, `release_refused`, `version_missing`, and as `look`
 */
export async function chooseRelease(init: ChoiceInit): Promise<Chosen> {
  const { home, asked, version: runs } = init
  if (asked !== undefined) {
    if (!versionSchema.safeParse(asked).success) throw cliError("bad_usage", `not a version: ${JSON.stringify(asked)}`)
    if (compareVersions(asked, runs) < 0) {
      throw cliError("bad_usage", `${asked} is older than ${runs}, which runs: an update never goes back`, {
        next: "spore update rollback",
      })
    }
    if (asked === runs) return null
    if (await isInstalled(home, asked)) return allowed(init, { version: asked, node: "0.0.0" }, null)
  }
  const release = await look({ folder: home.folder, channel: init.channel, clock: init.clock })
  if (asked !== undefined && asked !== release.version) {
    throw new SporeError("version_missing", `${asked} is not installed, and the channel has ${release.version} alone`, {
      next: "spore update apply",
    })
  }
  return allowed(init, release, release)
}

/** The version whose trial was begun here and never decided, where it is what the user means; null: none. */
export async function undecided({ versions }: VersionsHome, asked: string | undefined): Promise<string | null> {
  const version = (await versions.read()).trial?.version ?? null
  if (version === null || (asked !== undefined && asked !== version)) return null
  return (await isInstalled({ versions }, version)) ? version : null
}

async function isInstalled({ versions }: Pick<VersionsHome, "versions">, version: string): Promise<boolean> {
  try {
    await versions.entryOf(version)
    return true
  } catch (error) {
    if (isSporeError(error)) return false
    throw error
  }
}

async function allowed(
  { home: { versions }, version: runs, node, force }: ChoiceInit,
  wanted: { readonly version: string; readonly node: string },
  release: Release | null,
): Promise<Chosen> {
  const { version } = wanted
  const { standing, reason } = standingOf(wanted, { version: runs, node, state: await versions.read() })
  if (standing === "current") return null
  if (standing === "needs_node") {
    throw new SporeError("release_refused", `${version} is not taken: ${reason}`, { next: "install that Node.js" })
  }
  if (standing === "refused") {
    if (!force) {
      throw new SporeError("version_refused", `${version} was refused here: ${reason}`, {
        next: `spore update apply ${version} --force`,
      })
    }
    await versions.forgive(version)
  }
  return { version, release }
}
