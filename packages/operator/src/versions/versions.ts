import type { Release } from "../release.ts"
import type { VersionState } from "./state.ts"

/** The trial of a version: it runs, and counts as good once it says that it is healthy. */
export interface Trial {
  readonly version: string
  /** The module to run. */
  readonly entry: string
  /** From 1; the attempt before did not come to an end, by a crash of the machine for instance. */
  readonly attempt: number
}

/**
 * The versions of a program that lie side by side in a data folder, and which of them runs. Every change is durable
 * and whole at each moment: a process that is killed leaves the state before or after.
 */
export interface Versions {
  read(): Promise<VersionState>
  /** The module to run of an installed version. @throws SporeError `version_missing`, `version_damaged` */
  entryOf(version: string): Promise<string>
  /**
   * Unpacks the verified archive of a release beside the others; nothing changes for who runs. Once more is no error.
   *
   * @throws SporeError `release_refused`, `version_refused`, `versions_busy`, `versions_read_only`, `disk_full`
   */
  install(release: Release, archive: string): Promise<void>
  /**
   * Begins the trial of an installed version, or goes on with it: what the database was is kept first where the
   * version writes another layout. Nobody has the database open meanwhile.
   *
   * @throws SporeError `version_refused`, `version_missing`, `version_damaged`, `versions_busy`, `disk_full`, and
   *   `trial_failed` where it was tried too often
   */
  beginTrial(version: string): Promise<Trial>
  /** The version on trial is healthy: from now on it is the one that runs. */
  accept(version: string): Promise<void>
  /**
   * Ends a trial with the version before it, and the database as it was; facts that came meanwhile are kept aside for
   * the next start to take in. The version is not tried again. Nobody has the database open meanwhile.
   */
  reject(version: string, reason: string): Promise<void>
  /**
   * Goes back to the version before the current one, as the user asks; as `reject`.
   *
   * @returns the version that runs from now on; null: the one installed by hand
   * @throws SporeError `nothing_to_roll_back`, `versions_busy`, `version_missing`
   */
  rollBack(reason: string): Promise<string | null>
  /** Lets a refused version be tried again. */
  forgive(version: string): Promise<void>
}
