import type { Release, ReleaseChannel } from "@spore/operator"
import { type Clock, hasErrorCode, isSporeError, messageOf } from "@spore/records"
import type { Notice } from "@spore/api/client"
import { folderError } from "./exclusive.ts"
import { readLook, writeLook } from "./look-record.ts"

export interface LookInit {
  /** Of versions: what was found is kept there. */
  readonly folder: string
  readonly channel: ReleaseChannel
  readonly clock: Clock
}

/**
 * Asks a channel for its newest release and keeps what came of it.
 *
 * @throws SporeError as `ReleaseChannel.latest`, `versions_read_only`, `disk_full`
 */
export async function look({ folder, channel, clock }: LookInit, signal?: AbortSignal): Promise<Release> {
  const before = await readLook(folder, channel.name)
  const looked = Math.floor(clock.now() / 1000)
  const kept = { format: 1, channel: channel.name, looked_at: looked } as const
  try {
    const release = await channel.latest(signal)
    const { version, released, node } = release
    const newest = { version, released, node }
    const valid = channel.validUntil()
    await writeLook(folder, {
      ...kept,
      reached_at: looked,
      asked_since: null,
      valid_until: valid,
      newest,
      problem: null,
    })
    return release
  } catch (error) {
    if (signal?.aborted === true) throw error
    const { newest = null, reached_at: reached = null, problem: known = null } = before ?? {}
    // What was wrong with it stays so while it cannot be reached.
    const problem = isUnreachable(error) ? known : problemOf(error)
    const answered = isUnreachable(error) || !isOfChannel(error) ? reached : looked
    const since = answered === null ? (before?.asked_since ?? before?.looked_at ?? looked) : null
    // All but the release's own files were seen, then.
    const valid = isSporeError(error, "channel_incomplete") ? channel.validUntil() : (before?.valid_until ?? null)
    const record = { ...kept, reached_at: answered, asked_since: since, valid_until: valid, newest, problem }
    await writeLook(folder, record).catch((failed: unknown) => {
      if (!hasErrorCode(failed, "EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG")) throw failed
    })
    throw folderError(folder, error)
  }
}

/** Keeps why a release that was found could not be taken. */
export async function noteProblem(folder: string, channel: string, problem: Notice): Promise<void> {
  const record = await readLook(folder, channel)
  if (record !== null) await writeLook(folder, { ...record, problem })
}

export function isUnreachable(error: unknown): boolean {
  return isSporeError(error, "channel_unreachable")
}

/** Something to tell of a failed look or update. */
export function problemOf(error: unknown): Notice {
  const [code, next] = isSporeError(error) ? [error.code, error.next ?? null] : ["update_failed", null]
  return { code, message: `No update: ${messageOf(error)}`, next: next ?? "spore update" }
}

function isOfChannel(error: unknown): boolean {
  return isSporeError(error) && (error.code.startsWith("channel_") || isSporeError(error, "release_refused"))
}
