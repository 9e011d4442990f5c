import { openStore, own } from "./refresh.ts"

/** Whom a root of trust names, as far as people compare it. */
export interface RootOfTrust {
  readonly version: number
  /** ISO 8601. */
  readonly expires: string
  /** How many of the keys have to sign a newer root. */
  readonly threshold: number
  /** Public keys of the root, Ed25519 in hexadecimal: what an id stands for is the file's own word. */
  readonly keys: readonly string[]
}

/**
 * Reads a root of trust: TUF's `root.json`, signed by its own keys to their threshold.
 *
 * @param now Unix milliseconds
 * @throws SporeError `channel_untrusted` where it is none, `channel_expired` where this machine's clock is behind it
 */
export function readRootOfTrust(root: Uint8Array, now: number): RootOfTrust {
  const { version, expires, keys, roles } = openStore(root, now).root.signed
  const role = own(roles, "root")
  if (role === undefined) throw new TypeError("tuf-js took a root that names no keys of its own")
  const { keyIDs, threshold } = role
  return { version, expires, threshold, keys: keyIDs.map((id) => own(keys, id)?.keyVal["public"] ?? "") }
}
