import type { Release } from "../release.ts"

/** Where releases come from. Whatever it gives was signed as its root demands and is not older than what it gave before. */
export interface ReleaseChannel {
  /** For people: its address. */
  readonly name: string
  /**
   * The newest release.
   *
   * @throws SporeError `channel_unreachable`, `channel_incomplete`, `channel_abusive`, `channel_untrusted`,
   *   `channel_expired`, `release_refused`; `disk_full`, `versions_read_only` where what was seen cannot be kept, `versions_busy` where
   *   another process looks for too long; the signal's reason where it is aborted
   */
  latest(signal?: AbortSignal): Promise<Release>
  /**
   * Writes the archive of a release that `latest` gave to `path`, whole or not at all.
   *
   * @throws SporeError as `latest`
   */
  download(release: Release, path: string, signal?: AbortSignal): Promise<void>
  /** Until when, in Unix seconds, the metadata hold that this process saw last; null: it saw none. */
  validUntil(): number | null
}
