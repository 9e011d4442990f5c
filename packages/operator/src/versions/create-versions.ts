import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { type Clock, type Logger, messageOf, silentLogger, SporeError, unixSeconds } from "@spore/records"
import type { OperatorErrorCode } from "../error-codes.ts"
import type { Program } from "../launch/choose-program.ts"
import { isOwnFolder } from "../launch/own-alone.ts"
import { packageProblem } from "../launch/package.ts"
import { compareVersions } from "../launch/semver.ts"
import { type Release, versionSchema } from "../release.ts"
import { createDisk, diskError, draftOf, readOnly } from "./disk.ts"
import { versionsInUse } from "./in-use.ts"
import { whileLocked } from "./lock.ts"
import {
  checkPackage,
  filesOf,
  type Installed,
  INSTALLED_FILE,
  type ProgramPackage,
  readInstalled,
  wasInstalled,
} from "./package-folder.ts"
import { createStateFile } from "./state-file.ts"
import type { VersionState } from "./state.ts"
import {
  accepted,
  attemptTakenBack,
  forgiven,
  MAX_ATTEMPTS,
  rejected,
  rolledBack,
  runningOf,
  tried,
  withdrawn,
  withEvent,
} from "./transitions.ts"
import { unpack, UNPACK_LIMITS, type UnpackLimits } from "./unpack.ts"
import type { Versions } from "./versions.ts"

export interface VersionsInit {
  /** Where versions lie; made where it is missing, for this user alone. */
  readonly folder: string
  readonly program: ProgramPackage
  /** What was installed by hand. */
  readonly builtIn: Program
  /** The version of Node.js that versions are run by. */
  readonly node: string
  readonly clock: Clock
  readonly log?: Logger
  readonly limits?: UnpackLimits
  /** For tests: called before each step that changes the disk, with its name. */
  readonly beforeStep?: (step: string) => void
}

/** How long a short change waits for another process to be done, in milliseconds. */
const PATIENCE = 20_000

/** Half-made and half-removed versions. */
const STAGING = ".staging"

/** The versions in a folder, changed by one process at a time. */
export function createVersions(init: VersionsInit): Versions {
  const { folder, program, builtIn, node, clock, log = silentLogger, limits = UNPACK_LIMITS } = init
  const disk = createDisk(init.beforeStep ?? (() => undefined))
  const stateFile = createStateFile(folder, disk, log)
  const staging = join(folder, STAGING)
  const placeOf = (version: string): string => join(folder, versionSchema.parse(version))
  let last: Promise<unknown> = Promise.resolve()

  /** Changes of this process one after the other, and while no other process makes any. */
  function change<T>(doing: string, patience: number, work: (state: VersionState) => Promise<T>): Promise<T> {
    const own = last.then(async () => {
      try {
        await disk.makeFolder(folder)
        if (!isOwnFolder(folder)) throw readOnly(folder, `${folder} is not this user's alone`)
        return await whileLocked(folder, doing, patience, async () => {
          // What a process that was killed left.
          for (const rest of [staging, draftOf(stateFile.path)]) await disk.remove(rest)
          return work(await prune(await stateFile.read()))
        })
      } catch (error) {
        throw diskError(error, folder)
      }
    })
    last = own.catch(() => undefined)
    return own
  }

  async function save(state: VersionState): Promise<void> {
    await stateFile.write(state)
    await prune(state)
  }

  /**
   * Takes away what nobody runs, nor is gone back to, nor may be tried next, of what was installed here: a folder of a
   * version's name may be something else. What resists is left for the next time.
   */
  async function prune(state: VersionState): Promise<VersionState> {
    try {
      const installed: string[] = []
      for (const name of await readdir(folder)) {
        if (versionSchema.safeParse(name).success && (await wasInstalled(placeOf(name), name))) installed.push(name)
      }
      const running = runningOf(state, builtIn.version) ?? builtIn.version
      const next = installed
        .filter((version) => !Object.hasOwn(state.refused, version) && compareVersions(version, running) > 0)
        .toSorted(compareVersions)
        .at(-1)
      const kept = [state.current, state.previous?.version, state.trial?.version, next]
      const unneeded = installed.filter((version) => !kept.includes(version))
      if (unneeded.length === 0) return state
      const used = await versionsInUse(folder)
      const gone = unneeded.filter((version) => !used.has(version))
      if (gone.length === 0) return state
      for (const version of gone) await discard(version)
      await disk.remove(staging)
      const at = unixSeconds(clock)
      const pruned = gone.reduce((before, version) => withEvent(before, at, "removed", version), state)
      await stateFile.write(pruned)
      return pruned
    } catch (error) {
      log.warn({ folder, error: messageOf(error) }, "old versions could not be removed")
      return state
    }
  }

  /** Out of the way at once, so that what is half removed is no version. */
  async function discard(version: string): Promise<void> {
    await disk.makeFolder(staging)
    await disk.move(placeOf(version), join(staging, `removed-${version}`))
  }

  async function isWhole(version: string): Promise<boolean> {
    return readInstalled(placeOf(version), version).then(
      () => true,
      () => false,
    )
  }

  /** Unpacks, checks and completes a version in the staging folder. */
  async function stage(release: Release, archive: string): Promise<string> {
    const place = join(staging, release.version)
    await disk.makeFolder(place)
    await unpack(archive, place, limits)
    await checkPackage(place, release, program, node)
    const installed: Installed = { release, files: await filesOf(place) }
    await disk.write(join(place, INSTALLED_FILE), JSON.stringify(installed))
    await disk.flush(place)
    return place
  }

  return {
    read: () => stateFile.read(),
    entryOf: async (version) => {
      await readInstalled(placeOf(version), version)
      return join(placeOf(version), program.entry)
    },
    instructionsOf: async (version) => (await readInstalled(placeOf(version), version)).release.instructions,

    install: (release, archive) =>
      change(`installing ${release.version}`, 0, async (state) => {
        const { version } = release
        refuse(state, version)
        if (!(await isWhole(version))) {
          try {
            const place = await stage(release, archive)
            if ((await readdir(folder)).includes(version)) await discard(version)
            await disk.move(place, placeOf(version))
          } finally {
            await disk.remove(staging).catch(() => undefined)
          }
        }
        const known = state.history.findLast((entry) => entry.version === version && PRESENCE.has(entry.event))
        if (known?.event !== "installed") await save(withEvent(state, unixSeconds(clock), "installed", version))
      }),

    beginTrial: (version) =>
      change(`trying ${version}`, PATIENCE, async (state) => {
        refuse(state, version)
        const running = runningOf(state, builtIn.version) ?? builtIn.version
        if (compareVersions(version, running) <= 0) {
          throw versionError("version_refused", `version ${version} is not newer than ${running}, which runs`)
        }
        await readInstalled(placeOf(version), version)
        const problem = packageProblem(placeOf(version), version, node, program.entry)
        if (problem !== null) throw versionError("version_damaged", `version ${version} cannot be run: ${problem}`)
        const attempts = state.trial?.version === version ? state.trial.attempts : 0
        if (attempts >= MAX_ATTEMPTS) {
          const reason = `it was started ${attempts} times and never became healthy`
          await save(rejected(state, unixSeconds(clock), version, reason))
          throw versionError("trial_failed", `version ${version} is not run here: ${reason}`)
        }
        await save(tried(state, unixSeconds(clock), version))
        return { version, entry: join(placeOf(version), program.entry), attempt: attempts + 1 }
      }),

    takeBackAttempt: (version) =>
      change(`putting ${version} off`, PATIENCE, async (state) => {
        if (state.trial?.version === version) await save(attemptTakenBack(state))
      }),

    accept: (version) =>
      change(`accepting ${version}`, PATIENCE, async (state) => {
        if (state.current === version && state.trial?.version !== version) return
        refuse(state, version)
        if (state.trial?.version !== version)
          throw versionError("version_missing", `version ${version} is not on trial`)
        await save(accepted(state, unixSeconds(clock), version, builtIn.version))
      }),

    reject: (version, reason) =>
      change(`rejecting ${version}`, PATIENCE, async (state) => {
        if (Object.hasOwn(state.refused, version) && state.trial?.version !== version) return
        if (version === state.current) throw versionError("version_missing", `version ${version} is not on trial`)
        await save(rejected(state, unixSeconds(clock), version, reason))
      }),

    rollBack: (reason, awaited = null) =>
      change("going back to the version before", PATIENCE, async (state) => {
        const at = unixSeconds(clock)
        // Another node of this user may have found it good meanwhile.
        const untried = awaited === state.current ? null : awaited
        const unaccepted = untried ?? state.trial?.version ?? null
        const next =
          unaccepted === null ? await beforeCurrent(state, at, reason) : withdrawn(state, at, unaccepted, reason)
        await save(next)
        return runningOf(next, builtIn.version)
      }),

    forgive: (version) =>
      change(`forgiving ${version}`, PATIENCE, async (state) => {
        if (Object.hasOwn(state.refused, version)) await save(forgiven(state, unixSeconds(clock), version))
      }),
  }

  async function beforeCurrent(state: VersionState, at: number, reason: string): Promise<VersionState> {
    const running = runningOf(state, builtIn.version)
    // What was installed by hand runs, over an older one that lies here: that one is what ran before.
    const target = running === null ? { version: state.current } : state.previous
    const version = target?.version ?? null
    const isNothing = target === null || (version === null && running === null)
    if (isNothing || Object.hasOwn(state.refused, version ?? builtIn.version)) {
      throw versionError("nothing_to_roll_back", "there is no version to go back to")
    }
    if (version !== null) await readInstalled(placeOf(version), version)
    return rolledBack(state, at, running ?? builtIn.version, version, reason)
  }
}

function refuse({ refused }: VersionState, version: string): void {
  const refusal = Object.hasOwn(refused, version) ? refused[version] : undefined
  if (refusal === undefined) return
  throw versionError("version_refused", `version ${version} is not run here: ${refusal.reason}`)
}

const PRESENCE = new Set(["installed", "removed"])

function versionError(code: OperatorErrorCode, message: string): SporeError<OperatorErrorCode> {
  return new SporeError(code, message)
}
