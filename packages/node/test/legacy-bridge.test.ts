import {
  HOME_LEGACY,
  legacyAddressText,
  type LegacyLimits,
  legacyCodeLink,
  signLegacy,
  syncLegacy,
} from "@spore/legacy"
import { CID, seededRandom, silentLogger } from "@spore/records"
import { until } from "@spore/testkit"
import { createServer } from "node:net"
import { once } from "node:events"
import { expect, test } from "vitest"
import { createLegacyBridge, type LegacyBridge } from "../src/legacy-bridge.ts"
import { legacyFacts } from "../src/legacy-facts.ts"
import type { Notice } from "../src/node.ts"
import { clock, experiment, type Folder, folder, manifest, NOW, seed } from "./legacy-made.ts"

const QUICK: LegacyLimits = { ...HOME_LEGACY, pollMs: 50, redialMinMs: 50, redialMaxMs: 200, askBackMs: 100 }

function bridge(
  { store, artifacts }: Folder,
  settings: { peers?: string[]; listen?: string },
  notices: Notice[] = [],
): LegacyBridge {
  return createLegacyBridge({
    settings: { peers: settings.peers ?? [], listen: settings.listen ?? null },
    facts: legacyFacts(store, artifacts),
    limits: QUICK,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    notify: (notice) => void notices.push(notice),
  })
}

const addressOf = (one: LegacyBridge): string => {
  const address = one.address()
  return address === null ? "" : legacyAddressText(address)
}

test("two folders end with the same objects and code, and pass on what is stored later both ways", async () => {
  await using a = await folder()
  await using b = await folder()
  const root = experiment({ code_cid: await a.addCode("print(0)\n") })
  const child = experiment({ code_cid: await b.addCode("print(1)\n"), parent: root.id, val_bpb: 1.1 })
  const orphan = experiment({ parent: child.id, val_bpb: 1 })
  await a.store.ingest([root, manifest(), orphan])
  await b.store.ingest([child, signLegacy(seed, "legacy_profile", { display_name: "b", timestamp: 1n })])
  const listening = bridge(a, { listen: "127.0.0.1:0" })
  await listening.start()
  const dialling = bridge(b, { peers: [addressOf(listening)] })
  await dialling.start()
  try {
    await until(async () => (await a.ids()).length === 5 && (await b.ids()).length === 5)
    expect(await b.ids()).toEqual(await a.ids())
    expect(await b.store.digest()).toBe(await a.store.digest())
    for (const text of ["print(0)\n", "print(1)\n"]) {
      for (const one of [a, b]) {
        const link = CID.parse(legacyCodeLink(await folderDigest(text)))
        await until(() => one.artifacts.has(link))
      }
    }
    const [fromA, fromB] = [experiment({ description: "later a" }), experiment({ description: "later b" })]
    await a.store.ingest([fromA])
    await b.store.ingest([fromB])
    await until(async () => (await a.ids()).length === 7 && (await b.ids()).length === 7)
  } finally {
    await dialling.stop()
    await listening.stop()
  }
})

test("a lost peer is dialled again, and what was made meanwhile arrives", async () => {
  await using a = await folder()
  await using b = await folder()
  const first = bridge(a, { listen: "127.0.0.1:0" })
  await first.start()
  const address = addressOf(first)
  const dialling = bridge(b, { peers: [address] })
  await dialling.start()
  await a.store.ingest([experiment()])
  await until(async () => (await b.ids()).length === 1)
  await first.stop()
  const offline = [
    experiment({ description: "a", timestamp: BigInt(NOW - 80_000) }),
    experiment({ description: "b", timestamp: 1_600_000_001n }),
  ]
  await a.store.ingest(offline.slice(0, 1))
  await b.store.ingest(offline.slice(1))
  const second = bridge(a, { listen: address })
  await second.start()
  try {
    await until(async () => (await a.ids()).length === 3, { what: "what the other made offline" })
    await until(async () => (await b.ids()).length === 3, { what: "what the one made offline" })
    expect(await b.ids()).toEqual(await a.ids())
  } finally {
    await dialling.stop()
    await second.stop()
  }
})

test("what is withheld is neither served nor taken, facts and code alike", async () => {
  await using a = await folder()
  await using b = await folder()
  const code = await a.addCode("secret\n")
  const withheld = experiment({ code_cid: code, description: "withheld" })
  const other = experiment({ code_cid: code, description: "other" })
  await a.store.ingest([withheld, other])
  await a.store.block("id", withheld.id, "")
  await a.store.block("artifact", legacyCodeLink(code), "")
  const listening = bridge(a, { listen: "127.0.0.1:0" })
  await listening.start()
  try {
    const report = await syncLegacy({
      address: listening.address() ?? { host: "", port: 0 },
      facts: legacyFacts(b.store, b.artifacts),
      limits: QUICK,
      clock,
      log: silentLogger,
      signal: AbortSignal.timeout(30_000),
    })
    expect(await b.ids()).toEqual([other.id])
    expect(report.traffic.code).toEqual({ stored: 0, missing: 1, refused: 0 })
  } finally {
    await listening.stop()
  }
})

test("an address where something else answers is told of; a wrong one is refused at once", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).resume()
    socket.write("\u0013/multistream/1.0.0\n")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const at = server.address()
  const port = typeof at === "object" && at !== null ? at.port : 0
  await using a = await folder()
  const notices: Notice[] = []
  const dialling = bridge(a, { peers: [`127.0.0.1:${port}`] }, notices)
  await dialling.start()
  await until(() => notices.length > 0)
  expect(notices[0]).toMatchObject({ code: "not_legacy", next: "take it out of peers below [legacy]" })
  await dialling.stop()
  const taken = bridge(a, { listen: `127.0.0.1:${port}` })
  await expect(taken.start()).rejects.toMatchObject({ code: "listen_failed" })
  await taken.stop()
  server.close()
  expect(() => bridge(a, { peers: ["/ip4/127.0.0.1/tcp/1"] })).toThrow(expect.objectContaining({ code: "bad_address" }))
})

async function folderDigest(text: string): Promise<string> {
  await using one = await folder()
  return one.addCode(text)
}
