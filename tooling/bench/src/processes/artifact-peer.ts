/** A transport over a folder of blocks, or over memory where it has none, without any facts: `node artifact-peer.ts <config>`. */
import { createCipheriv } from "node:crypto"
import { CID, silentLogger, systemClock, systemRandom } from "@spore/records"
import { addFile, createMemoryArtifactStore } from "@spore/records/artifacts"
import { serveParent } from "@spore/soak"
import { testIdentity } from "@spore/testkit"
import { createFsArtifactStore, createTransport } from "@spore/transport"
import { z } from "zod"

const configSchema = z.object({ folder: z.string().nullable(), key: z.int() })
const { folder, key } = configSchema.parse(JSON.parse(process.argv[2] ?? "{}"))

const noFacts = {
  open: async () => [],
  receive: async () => [],
  logs: async () => [],
  entries: async () => [],
  onStored: () => () => undefined,
  envelopes: async () => [],
  known: async () => new Set<string>(),
  follows: () => false,
}
const artifacts = folder === null ? createMemoryArtifactStore() : await createFsArtifactStore(folder)
const transport = createTransport({
  identity: testIdentity(key),
  listen: ["/ip4/127.0.0.1/tcp/0"],
  bootstrap: [],
  facts: noFacts,
  artifacts,
  clock: systemClock,
  random: systemRandom,
  log: silentLogger,
})
await transport.start()

const methods = {
  addresses: async () => transport.addresses(),
  connect: async ({ address }: { address: string }) => transport.connect(address),
  /** Stores a file that depends on the seed only; gives its root. */
  add: async ({ seed, bytes }: { seed: number; bytes: number }) =>
    (await addFile(artifacts, contentOf(seed, bytes))).toString(),
  /** Fetches an artifact; gives the seconds it took. */
  fetch: async ({ root, maxBytes }: { root: string; maxBytes: number }) => {
    const start = performance.now()
    await transport.fetchArtifact(CID.parse(root), { limits: { maxBytes, maxFiles: 16 } })
    return (performance.now() - start) / 1000
  },
}

export type ArtifactPeerMethods = typeof methods
export type ArtifactPeerConfig = z.input<typeof configSchema>

serveParent(methods, () => process.exit(0))

/** Bytes that no compression and no sharing of equal blocks makes fewer. */
function contentOf(seed: number, bytes: number): Uint8Array {
  const cipherKey = Buffer.alloc(16)
  cipherKey.writeUInt32BE(seed)
  return createCipheriv("aes-128-ctr", cipherKey, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}
