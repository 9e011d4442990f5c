import type { Instruction, Release } from "../release.ts"
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
 * The versions of a program that lie side by side in a folder of the user's, and which of them runs. Every change is
 * durable and whole at each moment: a process that is killed leaves the state before or after. Data are not its
 * business: a program keeps what it had before it writes another layout, and can go back to that.
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
  /** What a node is to do once before it starts with an installed version. */
  instructionsOf(version: string): Promise<readonly Instruction[]>
  /**
   * Begins the trial of an installed version, or goes on with it.
   *
   * @throws SporeError `version_refused`, `version_missing`, `version_damaged`, `versions_busy`, `disk_full`, and
   *   `trial_failed` where it was tried too often: it is rejected then
   */
  beginTrial(version: string): Promise<Trial>
  /** The attempt that was begun does not count: what no version could have helped kept it from starting. The trial stays open. */
  takeBackAttempt(version: string): Promise<void>
  /** The version on trial is healthy: from now on it is the one that runs. */
  accept(version: string): Promise<void>
  /** Ends a trial: the version before it runs on, and this one is not tried again. */
  reject(version: string, reason: string): Promise<void>
  /**
   * Goes back to the version before the current one, as the user asks; the current one is refused from now on. Where
   * another is on trial or awaited, that one is withdrawn and refused instead, and the current one runs on.
   *
   * @param awaited what a running node was to try next; left out: nothing
   * @returns the version that runs from now on; null: the one installed by hand
   * @throws SporeError `nothing_to_roll_back`, `versions_busy`, `version_missing`
   */
  rollBack(reason: string, awaited?: string | null): Promise<string | null>
  /** Lets a refused version be tried again. */
  forgive(version: string): Promise<void>
}
