import { hasErrorCode, messageOf, SporeError } from "@spore/records"
import type { OperatorErrorCode } from "../error-codes.ts"

const LATER = "nothing was changed; the next look may do"

export function unreachable(message: string, cause?: unknown, next: string = LATER): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>("channel_unreachable", message, { cause, next })
}

/** What could not be had although the channel's metadata, fetched just before, vouch for it. */
export function incomplete(error: SporeError): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>(
    "channel_incomplete",
    `the channel names a release that cannot be had: ${error.message}`,
    {
      cause: error,
      next: "nothing was changed; if it goes on, look from another network: somebody may hold back what is new",
    },
  )
}

export function abusive(message: string): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>("channel_abusive", message, {
    next: "nothing was changed; if it goes on, tell the keeper of the channel",
  })
}

export function untrusted(message: string, cause?: unknown): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>("channel_untrusted", message, {
    cause,
    next: "nothing was changed; look from another network, and tell the keeper of the channel if it goes on",
  })
}

export function refused(message: string): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>("release_refused", message, {
    next: "nothing was changed; install the newest release by hand, as its notes say",
  })
}

export function expired(part: string, expires: string, now: number): SporeError<OperatorErrorCode> {
  const days = Math.floor((now - Date.parse(expires)) / 86_400_000)
  const since = days < 1 ? "" : days === 1 ? ", a day ago" : `, ${days} days ago`
  return new SporeError<OperatorErrorCode>(
    "channel_expired",
    `the channel's ${part} was valid until ${expires}${since}: the clock of this machine says ${timeText(now)}`,
    {
      next: "compare that with the right time, and set this machine's clock if it is ahead; if it is right, the channel stands still, or somebody holds back what is new",
    },
  )
}

export function clockBehind(part: string, issued: string, now: number): SporeError<OperatorErrorCode> {
  return new SporeError<OperatorErrorCode>(
    "channel_expired",
    `the clock of this machine says ${timeText(now)}, yet ${part} was signed at ${issued}: it is behind, and cannot tell what is out of date`,
    { next: "set this machine's clock (timedatectl set-ntp true), then look again" },
  )
}

/** What the system said when the folder was written, as an error of the operator; everything else as it is. */
export function onDisk(error: unknown, path: string): unknown {
  // EFBIG: a limit on the size of files.
  if (hasErrorCode(error, "ENOSPC", "EDQUOT", "EFBIG")) {
    return new SporeError<OperatorErrorCode>("disk_full", `no space is left to write ${path}`, {
      cause: error,
      next: "free some space, then look again",
    })
  }
  if (hasErrorCode(error, "EROFS", "EACCES", "EPERM", "ENOTDIR", "EISDIR")) {
    return new SporeError<OperatorErrorCode>("versions_read_only", `${path} cannot be written: ${messageOf(error)}`, {
      cause: error,
      next: "make the folder writable for this user, or name another with SPORE_VERSIONS",
    })
  }
  return error
}

function timeText(unixMilliseconds: number): string {
  return new Date(unixMilliseconds).toISOString().replace(/\.\d+Z$/, "Z")
}
