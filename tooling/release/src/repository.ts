import { createHash } from "node:crypto"
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Instruction, MAX_RELEASE_BYTES, type Release, releaseSchema } from "@spore/operator"
import { compareVersions } from "@spore/operator/launch"
import { type Clock, messageOf } from "@spore/records"
import { Root, Snapshot, TargetFile, Targets, Timestamp } from "@tufjs/models"
import { readArchive } from "./archive.ts"
import { releaseOf, rootOf, snapshotOf, timestampOf } from "./content.ts"
import { common, DAY_SECONDS, type Document, encode, isOf, signed } from "./document.ts"
import { problem } from "./errors.ts"
import { put, readDocument, writeDocuments } from "./files.ts"
import type { Keys, Role } from "./keys.ts"

/** Seconds that each document is good for; docs/releasing.md says why. */
export const LIFETIMES: Readonly<Record<Role, number>> = {
  root: 365 * DAY_SECONDS,
  targets: 90 * DAY_SECONDS,
  snapshot: 7 * DAY_SECONDS,
  timestamp: 3 * DAY_SECONDS,
}

/** The target that says which release is the newest. */
const NEWEST = "stable.json"

export interface RepositoryInit {
  readonly folder: string
  readonly keys: Keys
  readonly clock: Clock
  readonly lifetimes?: Partial<Record<Role, number>>
}

export interface ReleaseOptions {
  readonly instructions?: readonly Instruction[]
  /** Markdown. */
  readonly notes?: string
}

/** A channel's folder, as any web server can serve it: `metadata/` and `targets/`. */
export interface Repository {
  readonly folder: string
  /** The first root: what a client of this channel is given. */
  readonly root: Uint8Array
  /** Publishes the release in a packed `@spore/cli`. @throws SporeError `bad_archive`, `keys_missing` */
  publish(archive: string, options?: ReleaseOptions): Promise<Release>
  /** Replaces keys by others, signed by both. @throws SporeError `keys_missing` */
  rotateRoot(keys: Keys): Promise<void>
  /** Signs the timestamp anew, and whatever is past half its time and can be signed here. */
  refresh(): Promise<void>
  /** What `publish` would sign, with the signatures that can be made here; the files of targets are put in place. */
  draftRelease(archive: string, options?: ReleaseOptions): Promise<Document<Targets>>
  /** The same targets with a later end. */
  draftTargets(): Document<Targets>
  /** The next root, for these keys. */
  draftRoot(keys: Keys): Document<Root>
  /**
   * Takes in documents that were signed elsewhere, all or none, and signs snapshot and timestamp over them.
   *
   * @throws SporeError `bad_document`, `keys_missing`
   */
  accept(...documents: readonly Document[]): Promise<void>
  /** What is published now. */
  current(): Current
  /** The newest release; null before the first. */
  newest(): Promise<Release | null>
}

export interface Current {
  readonly root: Document<Root>
  readonly targets: Document<Targets>
  readonly snapshot: Document<Snapshot>
  readonly timestamp: Document<Timestamp>
}

/** Begins a channel in an empty folder. @throws SporeError `bad_repository`, `keys_missing` */
export async function createRepository(init: RepositoryInit): Promise<Repository> {
  const { folder, keys, clock } = init
  const lifetimes = { ...LIFETIMES, ...init.lifetimes }
  await mkdir(join(folder, "metadata"), { recursive: true })
  await mkdir(join(folder, "targets"), { recursive: true })
  if ((await readdir(join(folder, "metadata"))).length > 0) {
    throw problem("bad_repository", `${folder} holds a channel already`)
  }
  const now = clock.now()
  const root = signed(rootOf(1, keys, now, lifetimes.root), keys.root.keys)
  const targets = signed(new Targets(common(1, now, lifetimes.targets)), keys.targets.keys)
  const snapshot = signed(snapshotOf(1, targets, now, lifetimes.snapshot), keys.snapshot.keys)
  const timestamp = signed(timestampOf(1, snapshot, now, lifetimes.timestamp), keys.timestamp.keys)
  for (const document of [root, targets, snapshot, timestamp]) check(root, document)
  await writeDocuments(folder, [root, targets, snapshot, timestamp])
  return repositoryOf(init, encode(root), { root, targets, snapshot, timestamp })
}

/** Goes on with a channel. @throws SporeError `bad_repository` */
export async function openRepository(init: RepositoryInit): Promise<Repository> {
  const metadata = join(init.folder, "metadata")
  try {
    const roots = (await readdir(metadata)).flatMap((name) => /^(\d+)\.root\.json$/.exec(name)?.[1] ?? [])
    const newest = Math.max(...roots.map(Number))
    const first = await readFile(join(metadata, "1.root.json"))
    const root = await readDocument(metadata, `${newest}.root.json`, Root)
    const timestamp = await readDocument(metadata, "timestamp.json", Timestamp)
    const { version } = timestamp.signed.snapshotMeta
    const snapshot = await readDocument(metadata, `${version}.snapshot.json`, Snapshot)
    const targetsVersion = snapshot.signed.meta["targets.json"]?.version
    const targets = await readDocument(metadata, `${targetsVersion}.targets.json`, Targets)
    return repositoryOf(init, first, { root, targets, snapshot, timestamp })
  } catch (error) {
    throw problem("bad_repository", `${init.folder} is no channel: ${messageOf(error)}`, "begin one with `init`")
  }
}

function repositoryOf(init: RepositoryInit, first: Uint8Array, start: Current): Repository {
  const { folder, clock } = init
  const lifetimes = { ...LIFETIMES, ...init.lifetimes }
  let keys = init.keys
  let current = start

  function next(role: Role): ReturnType<typeof common> {
    return common(current[role].signed.version + 1, clock.now(), lifetimes[role])
  }

  function draftRoot(to: Keys): Document<Root> {
    const signers = [...keys.root.keys, ...to.root.keys]
    return signed(rootOf(current.root.signed.version + 1, to, clock.now(), lifetimes.root), signers)
  }

  function draftTargets(): Document<Targets> {
    return signed(new Targets({ ...next("targets"), targets: current.targets.signed.targets }), keys.targets.keys)
  }

  async function draftRelease(path: string, options: ReleaseOptions = {}): Promise<Document<Targets>> {
    const archive = await readArchive(path)
    const release = releaseOf(archive, options, clock.now())
    const published = await newest()
    if (published !== null && compareVersions(release.version, published.version) <= 0) {
      throw problem(
        "bad_archive",
        `version ${release.version} is not newer than ${published.version}, which is published`,
      )
    }
    const description = Buffer.from(`${JSON.stringify(release, null, 1)}\n`)
    if (description.length > MAX_RELEASE_BYTES) throw problem("bad_archive", "the notes of the release are too long")
    await put(folder, `targets/${archive.sha256}.${release.archive}`, (to) => copyFile(path, to))
    const sha256 = createHash("sha256").update(description).digest("hex")
    await put(folder, `targets/${sha256}.${NEWEST}`, (to) => writeFile(to, description))
    const targets = {
      ...current.targets.signed.targets,
      [release.archive]: new TargetFile({
        path: release.archive,
        length: archive.length,
        hashes: { sha256: archive.sha256 },
      }),
      [NEWEST]: new TargetFile({ path: NEWEST, length: description.length, hashes: { sha256 } }),
    }
    return signed(new Targets({ ...next("targets"), targets }), keys.targets.keys)
  }

  async function newest(): Promise<Release | null> {
    const file = current.targets.signed.targets[NEWEST]
    if (file === undefined) return null
    const bytes = await readFile(join(folder, "targets", `${file.hashes["sha256"]}.${NEWEST}`))
    return releaseSchema.parse(JSON.parse(bytes.toString("utf8")))
  }

  async function accept(...documents: readonly Document[]): Promise<void> {
    let { root, targets } = current
    for (const document of documents) {
      if (isOf(document, Root)) root = document
      else if (isOf(document, Targets)) targets = document
      else throw problem("bad_document", "only a root and targets are signed elsewhere")
    }
    await commit(root, targets)
  }

  async function commit(root: Document<Root>, targets: Document<Targets>): Promise<void> {
    if (root !== current.root) {
      follows(current.root, root)
      check(current.root, root)
      check(root, root)
    }
    if (targets !== current.targets) follows(current.targets, targets)
    check(root, targets)
    const snapshot = signed(
      snapshotOf(current.snapshot.signed.version + 1, targets, clock.now(), lifetimes.snapshot),
      keys.snapshot.keys,
    )
    check(root, snapshot)
    const timestamp = signTimestamp(snapshot)
    check(root, timestamp)
    await writeDocuments(folder, [targets, snapshot, ...(root === current.root ? [] : [root]), timestamp])
    current = { root, targets, snapshot, timestamp }
  }

  function signTimestamp(snapshot: Document<Snapshot>): Document<Timestamp> {
    const content = timestampOf(current.timestamp.signed.version + 1, snapshot, clock.now(), lifetimes.timestamp)
    return signed(content, keys.timestamp.keys)
  }

  /** Whether more than half of its time is over. */
  function isHalfOver(role: Role): boolean {
    return Date.parse(current[role].signed.expires) - clock.now() < (lifetimes[role] * 1000) / 2
  }

  return {
    folder,
    root: first,
    async publish(path, options) {
      const targets = await draftRelease(path, options)
      await commit(current.root, targets)
      const release = await newest()
      if (release === null) throw problem("bad_repository", `${NEWEST} was not kept`)
      return release
    },
    async rotateRoot(to) {
      const root = draftRoot(to)
      const before = keys
      keys = to
      try {
        await commit(root, draftTargets())
      } catch (error) {
        keys = before
        throw error
      }
    },
    async refresh() {
      const canSignTargets = keys.targets.keys.filter((key) => key.privateKey !== null).length >= keys.targets.threshold
      if (isHalfOver("targets") && canSignTargets) return commit(current.root, draftTargets())
      if (isHalfOver("snapshot")) return commit(current.root, current.targets)
      const timestamp = signTimestamp(current.snapshot)
      check(current.root, timestamp)
      await writeDocuments(folder, [timestamp])
      current = { ...current, timestamp }
    },
    draftRelease,
    draftTargets,
    draftRoot,
    accept,
    current: () => current,
    newest,
  }
}

function follows(before: Document, after: Document): void {
  if (after.signed.version !== before.signed.version + 1) {
    throw problem(
      "bad_document",
      `${after.signed.type} has version ${after.signed.version}; the next one is ${before.signed.version + 1}`,
      "make the draft anew from what is published now",
    )
  }
}

/** @throws SporeError `keys_missing` */
function check(root: Document<Root>, document: Document): void {
  const role = document.signed.type
  try {
    root.verifyDelegate(role, document)
  } catch (error) {
    throw problem("keys_missing", `not enough signatures: ${messageOf(error)}`, "sign a draft of it where the keys are")
  }
}
