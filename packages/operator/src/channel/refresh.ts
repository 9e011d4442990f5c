import { type Metadata, type Root, type Targets, type Timestamp } from "@tufjs/models"
import { excerpt, messageOf } from "@spore/records"
import { EqualVersionError, ExpiredMetadataError } from "tuf-js/dist/error.js"
import { TrustedMetadataStore } from "tuf-js/dist/store.js"
import { z } from "zod"
import type { MetadataCache } from "./cache.ts"
import { clockBehind, expired, unreachable, untrusted } from "./problems.ts"

/** A file of the channel's metadata; null: there is none. */
export type FetchMetadata = (name: string, maxBytes: number) => Promise<Buffer | null>

export interface Refresh {
  /** The root that came with the program. */
  readonly root: Uint8Array
  readonly cache: MetadataCache
  readonly fetch: FetchMetadata
  /** Unix milliseconds of this refresh. */
  readonly now: number
  readonly limits: {
    readonly rotations: number
    readonly rootBytes: number
    readonly timestampBytes: number
    readonly snapshotBytes: number
    readonly targetsBytes: number
  }
}

export interface Refreshed {
  readonly targets: Metadata<Targets>
  /** When the first of all these metadata runs out, in Unix milliseconds. */
  readonly validUntil: number
}

/** How far clocks that are right may be apart. */
const CLOCK_SKEW_MS = 3_600_000

/**
 * The client's workflow of the TUF specification (5.3 to 5.6): newer roots one by one, timestamp, snapshot, targets.
 * What is to be trusted is decided by tuf-js; this brings it the files, and keeps each that it accepted at once.
 * Delegated targets are not followed.
 *
 * @throws SporeError `channel_unreachable`, `channel_untrusted`, `channel_expired`, and those of cache and fetch
 */
export async function refresh(init: Refresh): Promise<Refreshed> {
  const { cache, fetch, now, limits } = init
  const store = openStore(init.root, now)
  await loadRoots(store, init)

  // The one that was seen last comes first: an older one is refused then. One that is damaged is replaced, and the
  // snapshot kept beside it still refuses targets that went back.
  const seen = await cache.read("timestamp.json")
  if (seen !== null) attempt(() => store.updateTimestamp(seen))
  refuseEarlyClock(store.timestamp, "what was seen of the channel before", now)
  const offered = await fetch("timestamp.json", limits.timestampBytes)
  if (offered === null) throw missing("timestamp.json", "check update.url")
  if (take(store, "timestamp.json", offered, now, () => store.updateTimestamp(offered))) {
    await cache.write("timestamp.json", offered)
  }
  refuseEarlyClock(store.timestamp, "the channel", now)

  const { timestamp } = store
  if (timestamp === undefined) throw new TypeError("tuf-js took no timestamp and said nothing")
  const kept = await cache.read("snapshot.json")
  if (kept === null || !attempt(() => store.updateSnapshot(kept, true))) {
    const { version, length } = timestamp.signed.snapshotMeta
    const name = `${version}.snapshot.json`
    const bytes = await fetch(name, Math.min(length ?? Infinity, limits.snapshotBytes))
    if (bytes === null) throw missing(name)
    take(store, name, bytes, now, () => store.updateSnapshot(bytes))
    await cache.write("snapshot.json", bytes)
  }

  const meta = own(store.snapshot?.signed.meta ?? {}, "targets.json")
  if (meta === undefined) throw untrusted("the channel's snapshot names no targets.json")
  const keptTargets = await cache.read("targets.json")
  if (keptTargets === null || !attempt(() => store.updateDelegatedTargets(keptTargets, "targets", "root"))) {
    const name = `${meta.version}.targets.json`
    const bytes = await fetch(name, Math.min(meta.length ?? Infinity, limits.targetsBytes))
    if (bytes === null) throw missing(name)
    take(store, name, bytes, now, () => store.updateDelegatedTargets(bytes, "targets", "root"))
    await cache.write("targets.json", bytes)
  }
  if (store.targets === undefined) throw new TypeError("tuf-js took no targets and said nothing")
  const parts = [store.root, timestamp, store.snapshot, store.targets]
  const ends = parts.flatMap((part) => (part === undefined ? [] : Date.parse(part.signed.expires)))
  return { targets: store.targets, validUntil: Math.min(...ends) }
}

/** A field of a record that came from outside; not one that every object has. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** @throws SporeError `channel_untrusted`, `channel_expired` for a clock that is behind */
export function openStore(root: Uint8Array, now: number): TrustedMetadataStore {
  let store: TrustedMetadataStore
  try {
    store = new TrustedMetadataStore(Buffer.from(root))
  } catch (error) {
    throw untrusted(`the root of trust given for this channel is none: ${excerpt(messageOf(error))}`, error)
  }
  // Private, yet the only way: tuf-js takes the time from the system; ours is handed in.
  store["referenceTime"] = new Date(now)
  checkRoot(store.root)
  refuseEarlyClock(store.root, "the root of trust that came with this program", now)
  return store
}

/** From the root that came with the program on, through each after it: those seen before, and those that are new. */
async function loadRoots(store: TrustedMetadataStore, { cache, fetch, now, limits }: Refresh): Promise<void> {
  for (let fetched = 0; fetched < limits.rotations;) {
    const name = `${store.root.signed.version + 1}.root.json`
    const seen = await cache.read(name)
    if (seen !== null) {
      if (attempt(() => store.updateRoot(seen))) {
        checkRoot(store.root)
        continue
      }
      await cache.remove(name)
    }
    const bytes = await fetch(name, limits.rootBytes)
    if (bytes === null) return
    take(store, name, bytes, now, () => store.updateRoot(bytes))
    checkRoot(store.root)
    await cache.write(name, bytes)
    fetched++
  }
}

/** What tuf-js leaves to us: without it, one key could stand for several, under other names or in other writing. */
function checkRoot({ signed }: Metadata<Root>): void {
  const name = `version ${signed.version} of the channel's root`
  if (!signed.consistentSnapshot) throw untrusted(`${name} names files without their versions`)
  for (const [role, { keyIDs }] of Object.entries(signed.roles)) {
    const keys = keyIDs.map((id) => own(signed.keys, id)?.keyVal["public"] ?? "")
    if (!keys.every((key) => /^[0-9a-f]{64}$/.test(key))) {
      throw untrusted(`${name} has a key of ${excerpt(role)} that is not an Ed25519 key in hexadecimal`)
    }
    if (new Set(keys).size < keys.length) throw untrusted(`${name} counts a key of ${excerpt(role)} twice`)
  }
}

/** Whether what was kept is still good for something; what it was refused for does not matter. */
function attempt(update: () => void): boolean {
  try {
    update()
    return true
  } catch {
    return false
  }
}

/**
 * Hands tuf-js what came from the network.
 *
 * @returns false: it has this version already
 */
function take(store: TrustedMetadataStore, name: string, bytes: Buffer, now: number, update: () => void): boolean {
  try {
    update()
    return true
  } catch (error) {
    if (error instanceof EqualVersionError) return false
    if (error instanceof ExpiredMetadataError) {
      const { type, expires } = expiredPart(store, bytes, now)
      throw expired(`${type}.json`, expires, now)
    }
    if (error instanceof SyntaxError) {
      throw untrusted(`the channel's ${name} is not JSON, but perhaps the sign-in page of a network`, error)
    }
    throw untrusted(`the channel's ${name} is not to be trusted: ${excerpt(messageOf(error))}`, error)
  }
}

const validitySchema = z.object({ signed: z.object({ expires: z.string() }) })

/** tuf-js says so after it checked the signatures, and does not say of which file. */
function expiredPart(store: TrustedMetadataStore, bytes: Buffer, now: number): { type: string; expires: string } {
  const loaded = [store.root, store.timestamp, store.snapshot].find((part) => part?.signed.isExpired(new Date(now)))
  if (loaded !== undefined) return loaded.signed
  return { type: "targets", ...validitySchema.parse(JSON.parse(bytes.toString("utf8"))).signed }
}

/** Beyond the specification: our tool writes into metadata when it was signed. Such a clock sees nothing expire. */
function refuseEarlyClock(metadata: Metadata<Root | Timestamp> | undefined, part: string, now: number): void {
  const issued: unknown = metadata?.signed.unrecognizedFields["issued"]
  if (typeof issued === "string" && Date.parse(issued) > now + CLOCK_SKEW_MS) {
    throw clockBehind(part, excerpt(issued), now)
  }
}

function missing(name: string, next?: string): Error {
  return unreachable(`the channel has no ${name}`, undefined, next)
}
