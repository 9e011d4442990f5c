import { setTimeout as delay } from "node:timers/promises"
import type { Notice, UpdateStatus } from "@spore/api/client"
import { notSupervised } from "@spore/node"
import { NO_VERSIONS, type ReleaseChannel, type Versions, type VersionState } from "@spore/operator"
import type { Supervised } from "@spore/operator/supervise"
import { type Clock, isSporeError, type Logger, messageOf, type Random } from "@spore/records"
import { cliError } from "../errors.ts"
import { type Change, changeOver, type UpdatedNode } from "./change-over.ts"
import { exclusively } from "./exclusive.ts"
import { readLook } from "./look-record.ts"
import { isUnreachable, look, noteProblem, problemOf } from "./look.ts"
import { staleness } from "./staleness.ts"
import { isSuperseded, runsNext, standingOf } from "./standing.ts"
import { take } from "./take.ts"
import { updateStatus } from "./update-status.ts"

const MINUTE = 60_000
/** From the start to the first look: the node has its peers by then, and nodes that start together spread. */
const FIRST_MS = [2 * MINUTE, 6 * MINUTE] as const
const PERIOD_MS = 6 * 60 * MINUTE
/** Part of a time by which it is longer or shorter. */
const JITTER = 0.1
/** After a channel that did not answer. */
const UNREACHED_MS = 60 * MINUTE
/** After a look that another process was in the way of. */
const BUSY_MS = 5 * MINUTE
/** Longest sleep in one go: what a machine itself sleeps does not count as time to a timer, but does to its clock. */
const NAP_MS = 10 * MINUTE

/** Where versions lie, and what is known of the channel. */
export interface VersionsHome {
  readonly folder: string
  readonly versions: Versions
}

export interface UpdaterInit {
  /** What runs. */
  readonly version: string
  /** Of Node.js. */
  readonly node: string
  /** Address of the channel. */
  readonly channel: string
  /** What this node's supervisor passed over. */
  readonly passedOver?: readonly string[]
  /** Why this node neither looks nor takes anything by itself; null where it does. */
  readonly whyNot: string | null
  /** Null: there are no versions but what was installed by hand. */
  readonly home: VersionsHome | null
  /** Called when it is looked at first. */
  readonly openChannel: (folder: string) => Promise<ReleaseChannel>
  /** Who starts the program again; null: nobody. */
  readonly supervised: Pick<Supervised, "switchTo" | "restart"> | null
  readonly clock: Clock
  readonly random: Random
  /** Rejects where the signal ends it. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
  /** What the keeper should read now. */
  readonly tell: (notice: Notice) => void
}

/** Keeps a running node up to date. Whatever goes wrong with that, the node runs on. */
export interface Updater {
  status(): Promise<UpdateStatus>
  /** To be called once the node works. */
  start(node: UpdatedNode): void
  /**
   * Has the node end, once its running jobs have or ten minutes are over, and another version started in its place:
   * that one on trial; null: whichever is the current one. Returns before the end; false where that is what runs. A
   * change that waits already becomes this one.
   *
   * @throws SporeError `not_supervised`, `node_busy`, `version_refused`, `version_missing`, `version_damaged`
   */
  readonly change: (version: string | null) => Promise<boolean>
  /**
   * Has the node stay as it is where it waits to go on as a version on trial.
   *
   * @returns that version; null where it does not wait for one
   * @throws SporeError `node_busy` where it ends for that already
   */
  readonly callOff: () => string | null
  stop(): Promise<void>
}

export function createUpdater(init: UpdaterInit): Updater {
  const { home, clock, random, log, supervised, tell } = init
  const sleep = init.sleep ?? ((ms, ended) => delay(ms, undefined, { signal: ended, ref: false }))
  const stopping = new AbortController()
  const { signal } = stopping
  const running = new Set<Promise<void>>()
  let node: UpdatedNode | null = null
  let channel: ReleaseChannel | null = null
  let doing: UpdateStatus["doing"] = "idle"
  let under: (Change & { readonly calledOff: AbortController }) | null = null
  let nextLook: number | null = null
  let problem: Notice | null = null
  let isReachable = true
  let isSilent = false

  function inBackground(work: () => Promise<void>): void {
    const end = work()
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ error: messageOf(error) }, "updates ended")
      })
      .finally(() => running.delete(end))
    running.add(end)
  }

  async function loop(): Promise<void> {
    let wait = FIRST_MS[0] + (FIRST_MS[1] - FIRST_MS[0]) * random.next()
    for (;;) {
      await sleepFor(wait)
      wait = (await turn()) * (1 - JITTER + 2 * JITTER * random.next())
    }
  }

  /** A clock that is put back makes it no longer. */
  async function sleepFor(ms: number): Promise<void> {
    nextLook = clock.now() + ms
    let left = ms
    while (left > 0) {
      const nap = Math.min(left, NAP_MS)
      await sleep(nap, signal)
      await followOthers()
      left = Math.min(left - nap, nextLook - clock.now())
    }
  }

  /** Goes on as what another process of this user found good or went back to, whatever the channel does. */
  async function followOthers(): Promise<void> {
    if (home === null || under !== null) return
    const state = await home.versions.read().catch(() => null)
    if (state !== null && isSuperseded(init.version, seenFromHere(state))) begin(null)
  }

  /** Versions that this node's supervisor passed over do not run on its data folder, whatever others found. */
  function seenFromHere(state: VersionState): VersionState {
    const passedOver = [...(init.passedOver ?? [])].filter((version) => version !== init.version)
    const refusal = { reason: "it does not run on this data folder", at: 0 }
    const refused = Object.fromEntries(passedOver.map((version) => [version, refusal]))
    return { ...state, refused: { ...refused, ...state.refused } }
  }

  /** One look, and what comes of it; gives after how many milliseconds the next is due. */
  async function turn(): Promise<number> {
    if (home === null || under !== null) return PERIOD_MS
    try {
      doing = "looking"
      const found = await exclusively(home.folder, () => takeNewest(home))
      noteReached()
      problem = null
      doing = "idle"
      if (found !== null) begin(found.version)
      return PERIOD_MS
    } catch (error) {
      doing = "idle"
      signal.throwIfAborted()
      return noteFailure(error, home.folder)
    }
  }

  /**
   * Installs the newest version where it is to be taken. Gives what is to go on in this one's place; its version null:
   * whichever is the current one.
   */
  async function takeNewest({ folder, versions }: VersionsHome): Promise<{ version: string | null } | null> {
    channel ??= await init.openChannel(folder)
    const release = await look({ folder, channel, clock }, signal)
    const state = seenFromHere(await versions.read())
    const isNewer = standingOf(release, { ...init, state }).standing === "newer"
    // Another node of this user may have found it good, or its user went back.
    if (!isNewer || runsNext(init.version, state) === release.version) {
      return isSuperseded(init.version, state) ? { version: null } : null
    }
    doing = "downloading"
    await take(release, { channel, versions, folder }, signal)
    const { version } = release
    log.info({ version }, "update installed")
    const message = `Version ${version} is installed. This node goes on with it when the running job has ended, in 10 min at the latest.`
    tell({ code: "update_installed", message, next: null })
    return { version }
  }

  function begin(version: string | null): void {
    if (supervised === null || node === null || under !== null) return
    const started = node
    const calledOff = new AbortController()
    const change = { version, doing: "waiting" as const, calledOff }
    under = change
    inBackground(() =>
      changeOver({ supervised, log, tell, sleep, signal, calledOff: calledOff.signal }, started, change),
    )
  }

  function noteReached(): void {
    if (!isReachable) log.info({ channel: init.channel }, "the release channel answers again")
    isReachable = true
    isSilent = false
  }

  /** Gives after how many milliseconds to look again. */
  async function noteFailure(failure: unknown, folder: string): Promise<number> {
    if (isUnreachable(failure)) {
      if (isReachable)
        log.info({ channel: init.channel, error: messageOf(failure) }, "no answer of the release channel")
      isReachable = false
      await noteSilence(folder)
      return UNREACHED_MS
    }
    if (isSporeError(failure, "versions_busy")) return BUSY_MS
    const now = problemOf(failure)
    if (problem?.message !== now.message) {
      log.warn({ code: now.code, next: now.next }, now.message)
      tell(now)
    }
    problem = now
    await noteProblem(folder, init.channel, now).catch(() => undefined)
    return isSporeError(failure, "channel_incomplete") ? UNREACHED_MS : PERIOD_MS
  }

  /** Says once that the channel has been silent for too long. */
  async function noteSilence(folder: string): Promise<void> {
    const kept = await readLook(folder, init.channel)
    const silent = kept === null ? null : staleness(kept, clock.now() / 1000)
    if (silent === null || isSilent) return
    isSilent = true
    log.warn({ code: silent.code, next: silent.next }, silent.message)
    tell(silent)
  }

  return {
    status: async () => {
      const [kept, state] =
        home === null
          ? [null, NO_VERSIONS]
          : await Promise.all([readLook(home.folder, init.channel), home.versions.read()])
      const { version, whyNot } = init
      const here = { version, whyNot, node: init.node, channel: init.channel }
      const source = { ...here, look: kept, state: seenFromHere(state) }
      return updateStatus({ ...source, doing: under?.doing ?? doing, now: clock.now(), nextLook, problem })
    },
    start: (started) => {
      node = started
      if (init.whyNot === null) inBackground(loop)
    },
    change: async (version) => {
      if (supervised === null || home === null) throw notSupervised()
      if (node === null) throw busy("is starting")
      if (version === init.version) return false
      if (version !== null) await home.versions.entryOf(version)
      else if (under === null && !isSuperseded(init.version, seenFromHere(await home.versions.read()))) return false
      if (under === null) begin(version)
      else if (!joins(under, version)) throw busy(`changes to ${under.version ?? "the current version"} already`)
      return true
    },
    callOff: () => {
      if (under === null || under.version === null) return null
      const { version, doing: now, calledOff } = under
      if (now === "switching") throw busy(`changes to ${version} already`)
      under = null
      calledOff.abort()
      log.info({ version }, "the change to another version was called off")
      tell({ code: "update_installed", message: `The change to version ${version} was called off.`, next: null })
      return version
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}

/** Whether the change under way is the one that is wished, or can become it. */
function joins(change: Change, version: string | null): boolean {
  if (change.doing === "switching") return version === null || version === change.version
  // Where whichever is current is asked for, what waits is that by now, or is refused before it is tried.
  if (version !== null) change.version = version
  return true
}

function busy(what: string): Error {
  return cliError("node_busy", `the node that runs here ${what}`, {
    next: "wait a little, and ask again: spore update",
  })
}
