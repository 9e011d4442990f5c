import { createHash } from "node:crypto"
import { type Release, releaseSchema } from "@spore/operator"
import { messageOf } from "@spore/records"
import { MetaFile, Root, Snapshot, type Targets, Timestamp } from "@tufjs/models"
import type { Archive } from "./archive.ts"
import { common, type Document, encode } from "./document.ts"
import { problem } from "./errors.ts"
import { type Keys, ROLES } from "./keys.ts"
import type { ReleaseOptions } from "./repository.ts"

export function rootOf(version: number, keys: Keys, now: number, seconds: number): Root {
  const all = ROLES.flatMap((role) => keys[role].keys.map(({ key }) => [key.keyID, key.toJSON()] as const))
  const roles = ROLES.map((role) => {
    const { keys: own, threshold } = keys[role]
    return [role, { keyids: own.map(({ key }) => key.keyID), threshold }] as const
  })
  const { specVersion, expires, unrecognizedFields } = common(version, now, seconds)
  return Root.fromJSON({
    spec_version: specVersion,
    version,
    expires,
    ...unrecognizedFields,
    keys: Object.fromEntries(all),
    roles: Object.fromEntries(roles),
    consistent_snapshot: true,
  })
}

export function snapshotOf(version: number, targets: Document<Targets>, now: number, seconds: number): Snapshot {
  return new Snapshot({ ...common(version, now, seconds), meta: { "targets.json": described(targets) } })
}

export function timestampOf(version: number, snapshot: Document<Snapshot>, now: number, seconds: number): Timestamp {
  return new Timestamp({ ...common(version, now, seconds), snapshotMeta: described(snapshot) })
}

/** Version, length and hash: no other file of that version can take its place. */
function described(document: Document): MetaFile {
  const bytes = encode(document)
  return new MetaFile({
    version: document.signed.version,
    length: bytes.length,
    hashes: { sha256: createHash("sha256").update(bytes).digest("hex") },
  })
}

export function releaseOf(archive: Archive, { instructions = [], notes = "" }: ReleaseOptions, now: number): Release {
  const { version, node, database } = archive
  const release = releaseSchema.safeParse({
    format: 1,
    version,
    released: Math.floor(now / 1000),
    node,
    database,
    archive: `spore-cli-${version}.tgz`,
    instructions,
    notes,
  })
  if (!release.success) throw problem("bad_archive", `clients would refuse it: ${messageOf(release.error)}`)
  return release.data
}
