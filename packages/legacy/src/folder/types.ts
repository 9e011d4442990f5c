import type { LegacyErrorCode } from "../errors.ts"
import type { LegacyObject } from "../objects/object.ts"

/** Something in a folder that is left out, and why. */
export interface LegacyRefusal {
  /** The file, and the row in it. */
  readonly what: string
  readonly code: LegacyErrorCode
  readonly reason: string
}

/** What became of one stored object. */
export type LegacyOutcome =
  | { readonly state: "accepted"; readonly object: LegacyObject }
  | ({ readonly state: "refused" } & LegacyRefusal)

/** A file of the artifact store, by the hash it is named after. Its bytes have not been read. */
export interface LegacyArtifact {
  /** sha-256 in hex. */
  readonly hash: string
  readonly path: string
}

/** A node's settings, as far as they mean something here. */
export interface LegacyConfig {
  /** Where the node listened; null where the file does not say. */
  readonly host: string | null
  readonly port: number | null
  /** The data folder that the file names. */
  readonly dataDir: string | null
  /** Peers it was given and peers it had met, as `host:port` or multiaddrs, without repetition. */
  readonly peers: readonly string[]
}
