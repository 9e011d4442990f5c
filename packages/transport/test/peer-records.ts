import { generateKeyPairFromSeed } from "@libp2p/crypto/keys"
import type { PeerId, PrivateKey } from "@libp2p/interface"
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record"
import { multiaddr } from "@multiformats/multiaddr"
import { testIdentity } from "@spore/testkit"
import { createLibp2p } from "libp2p"

/** A record of the addresses of test key `about`, signed by test key `by`. */
export async function signedRecord(
  about: number,
  addresses: readonly string[],
  by: number = about,
): Promise<Uint8Array> {
  const record = new PeerRecord({ peerId: await peerIdOf(about), multiaddrs: addresses.map((text) => multiaddr(text)) })
  return (await RecordEnvelope.seal(record, await keyOf(by))).marshal()
}

/** A record that is no peer record, signed by test key `n` in its domain. */
export async function signedOther(n: number): Promise<Uint8Array> {
  const other = {
    domain: PeerRecord.DOMAIN,
    codec: Uint8Array.of(3, 2),
    marshal: () => Uint8Array.of(1),
    equals: () => false,
  }
  return (await RecordEnvelope.seal(other, await keyOf(n))).marshal()
}

async function peerIdOf(n: number): Promise<PeerId> {
  return (await createLibp2p({ start: false, privateKey: await keyOf(n) })).peerId
}

function keyOf(n: number): Promise<PrivateKey> {
  return generateKeyPairFromSeed("Ed25519", testIdentity(n).exportSeed())
}
