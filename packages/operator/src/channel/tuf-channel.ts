import { randomUUID } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Readable } from "node:stream"
import { type Clock, excerpt, isSporeError, messageOf } from "@spore/records"
import type { Targets, TargetFile } from "@tufjs/models"
import { MAX_RELEASE_BYTES, type Release } from "../release.ts"
import { syncFolder, withCache } from "./cache.ts"
import type { ReleaseChannel } from "./channel.ts"
import { CHANNEL_LIMITS, type ChannelLimits } from "./limits.ts"
import { abusive, incomplete, onDisk, refused, unreachable, untrusted } from "./problems.ts"
import { readRelease } from "./read-release.ts"
import { own, refresh } from "./refresh.ts"
import { channelBase, transfer, transferBytes } from "./transfer.ts"

/** The target that says which release is the newest. */
const NEWEST = "stable.json"
const PART = ".part"

export interface TufChannelInit {
  /** https, or http on this machine: metadata lie below `metadata/`, targets below `targets/`. */
  readonly url: string
  /** The root of trust: bytes of a signed `root.json`; newer ones are fetched from there on. */
  readonly root: Uint8Array
  /** Where metadata is kept from one look to the next; a folder of its own below, for each channel. */
  readonly folder: string
  readonly clock: Clock
  readonly limits?: Partial<ChannelLimits>
}

/** A channel in the format of The Update Framework, with consistent snapshots: docs/releasing.md. */
export function createTufChannel(init: TufChannelInit): ReleaseChannel {
  const limits: ChannelLimits = { ...CHANNEL_LIMITS, ...init.limits }
  let targets: Targets | undefined
  let validUntil: number | null = null

  async function look(signal: AbortSignal): Promise<Targets> {
    const base = channelBase(init.url)
    const seen = await withCache(init.folder, base, signal, (cache) =>
      refresh({
        root: init.root,
        cache,
        now: init.clock.now(),
        limits,
        fetch: (name, maxBytes) =>
          transferBytes({ url: new URL(`metadata/${name}`, base).href, name, maxBytes }, limits, signal),
      }),
    )
    validUntil = Math.floor(seen.validUntil / 1000)
    targets = seen.targets.signed
    return targets
  }

  async function newest(signal: AbortSignal): Promise<Release> {
    const { targets: all } = await look(signal)
    const file = own(all, NEWEST)
    if (file === undefined) throw unreachable("the channel has no release yet")
    if (file.length > MAX_RELEASE_BYTES) throw refused(`the description of the newest release has ${file.length} bytes`)
    const bytes = await vouchedFor(async () => {
      const found = await transferBytes(source(file), limits, signal)
      if (found === null) throw unreachable(`the channel has no ${NEWEST}`)
      return found
    })
    await verify(file, Readable.from([bytes]))
    const release = readRelease(bytes)
    archiveOf(all, release)
    return release
  }

  function archiveOf(all: Targets["targets"], release: Release): TargetFile {
    const file = own(all, release.archive)
    if (file === undefined) throw refused(`the channel does not vouch for ${release.archive}`)
    if (file.length > limits.archiveBytes) {
      throw refused(`${release.archive} has ${file.length} bytes, of at most ${limits.archiveBytes}`)
    }
    return file
  }

  function source(file: TargetFile): { url: string; name: string; maxBytes: number } {
    const sha256 = own(file.hashes, "sha256")
    if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw untrusted(`the channel vouches for ${file.path} without a SHA-256`)
    }
    const url = new URL(`targets/${sha256}.${file.path}`, channelBase(init.url)).href
    return { url, name: file.path, maxBytes: file.length }
  }

  async function download(release: Release, path: string, signal: AbortSignal): Promise<void> {
    const file = archiveOf((targets ?? (await look(signal))).targets, release)
    const from = source(file)
    const part = `${path}.${randomUUID()}${PART}`
    try {
      await removeLeftovers(path, limits.downloadMs)
      await writePart(part, async (write) => {
        await vouchedFor(async () => {
          const body = await transfer(from, limits, signal)
          if (body === null) throw unreachable(`the channel has no ${release.archive}`)
          for await (const chunk of body) await write(chunk)
        })
      })
      await verify(file, createReadStream(part))
      await rename(part, path)
      await syncFolder(dirname(path))
    } catch (error) {
      throw onDisk(error, path)
    } finally {
      await rm(part, { force: true })
    }
  }

  return {
    name: init.url,
    latest: (signal) => within(limits.lookMs, "the look for the newest release", signal, newest),
    download: (release, path, signal) =>
      within(limits.downloadMs, `the download of ${release.archive}`, signal, (stop) => download(release, path, stop)),
    validUntil: () => validUntil,
  }
}

/** Fetches what verified metadata name: that it cannot be had is more than a network that is down. */
async function vouchedFor<T>(fetchIt: () => Promise<T>): Promise<T> {
  try {
    return await fetchIt()
  } catch (error) {
    throw isSporeError(error, "channel_unreachable") ? incomplete(error) : error
  }
}

/** @throws SporeError `channel_abusive` where it takes longer; the signal's reason where it is aborted */
async function within<T>(
  ms: number,
  what: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const deadline = AbortSignal.timeout(ms)
  try {
    return await work(signal === undefined ? deadline : AbortSignal.any([signal, deadline]))
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (deadline.aborted && !isSporeError(error)) throw abusive(`${what} took longer than ${ms / 1000} s`)
    throw error
  }
}

async function verify(file: TargetFile, stream: Readable): Promise<void> {
  try {
    await file.verify(stream)
  } catch (error) {
    throw untrusted(`${file.path} is not what was signed: ${excerpt(messageOf(error))}`, error)
  }
}

async function writePart(
  path: string,
  fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(path, "wx", 0o600)
  try {
    await fill((chunk) => file.writeFile(chunk))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Parts that a killed process left beside the file: older than any download may last. */
async function removeLeftovers(path: string, ms: number): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(PART)) continue
    const left = join(folder, name)
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }))
    if (mtimeMs < Date.now() - ms) await rm(left, { force: true })
  }
}
