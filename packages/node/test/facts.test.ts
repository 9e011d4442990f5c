import { join } from "node:path"
import type { Store } from "@spore/dag"
import type { LegacyObject } from "@spore/legacy"
import { encodeCanonical, encodeEnvelope, isSporeError, silentLogger, systemClock, systemRandom } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeExperiment, makeProfile, makeTask, temporaryFolder, testIdentity, until } from "@spore/testkit"
import { createTransport, type LogFact, type Transport } from "@spore/transport"
import { describe, expect, it } from "vitest"
import { createChangeFollower } from "../src/changes.ts"
import { factSource, type StoreFacts } from "../src/facts.ts"
import { openStore } from "../src/open-store.ts"
import { experiment } from "./legacy-made.ts"

const author = testIdentity(1)
const task = makeTask(author)
const record = makeExperiment(author, { task, score: 1 })

function legacy(n: number): LegacyObject {
  const timestamp = 1_760_000_000n + BigInt(n)
  return experiment({ code_cid: `${n}`.padStart(64, "0"), description: `number ${n}`, timestamp })
}

interface Node extends AsyncDisposable {
  readonly store: Store
  readonly transport: Transport
}

/** A store with its transport on loopback, as a node joins them. */
async function startNode(n: number, store: Store, facts: StoreFacts = factSource(store)): Promise<Node> {
  const transport = createTransport({
    identity: testIdentity(n),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [],
    facts,
    artifacts: createMemoryArtifactStore(),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    syncIntervalSeconds: 3600,
  })
  await transport.start()
  const stop = async (): Promise<void> => {
    await transport.stop()
    await store.close()
  }
  return { store, transport, [Symbol.asyncDispose]: stop }
}

async function connect(a: Node, b: Node): Promise<void> {
  await a.transport.connect(b.transport.addresses()[0] ?? "")
  await a.transport.syncNow(b.transport.nodeId)
}

describe("facts of a store", () => {
  it("travel between nodes with those of the 0.6 network, verbatim and both ways", async () => {
    await using a = await startNode(1, await openStore(":memory:"))
    await using b = await startNode(2, await openStore(":memory:"))
    const objects = Array.from({ length: 40 }, (_, n) => legacy(n))
    await a.store.ingest([task, record, ...objects.slice(0, 25)])
    await b.store.ingest(objects.slice(15))
    await connect(b, a)
    for (const { store } of [a, b]) {
      expect(await store.logEntries("legacy")).toHaveLength(40)
      expect(await store.get(record.id)).toEqual(record)
      for (const object of [objects[0], objects[39]]) {
        const { kind, payload, signature } = (await store.object(object?.id ?? "")) ?? {}
        expect({ kind, payload, signature }).toEqual({
          kind: "legacy_experiment",
          payload: object?.payload,
          signature: object?.signature,
        })
      }
    }
    expect(await a.store.digest()).toBe(await b.store.digest())
  })

  it("are in their log as tombstones too, and are not given then", async () => {
    await using a = await startNode(1, await openStore(":memory:"))
    await using b = await startNode(2, await openStore(":memory:"))
    const [withheld, kept] = [legacy(1), legacy(2)]
    await a.store.ingest([task, record, withheld, kept])
    await b.store.ingest([task])
    for (const { id } of [withheld, record]) await a.store.block("id", id, "unwanted")
    await connect(b, a)
    expect(await b.store.logEntries("legacy")).toEqual([expect.objectContaining({ id: kept.id })])
    expect(await b.store.get(record.id)).toBeUndefined()
    // Who holds it whole and who holds its tombstone have nothing to exchange.
    await b.store.ingest([withheld, record])
    const before = await a.store.lastSeq()
    await b.transport.syncNow(a.transport.nodeId)
    expect(await a.store.lastSeq()).toBe(before)
  })

  it("that another process wrote reach peers", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "spore.sqlite")
    const store = await openStore(path)
    const facts = factSource(store)
    await using a = await startNode(1, store, facts)
    await using b = await startNode(2, await openStore(":memory:"))
    await connect(b, a)
    const told: LogFact[] = []
    facts.onStored((stored) => told.push(...stored))
    const changes = createChangeFollower({
      store,
      after: await store.lastSeq(),
      onChanges: async (batch) => facts.noteChanges(batch),
      onError: (error) => {
        throw error
      },
      onFollowed: () => undefined,
    })
    changes.start()
    const other = await openStore(path)
    await other.ingest([task, record])
    await other.close()
    await until(() => told.some(({ id }) => id === record.id))
    await changes.stop()
    await b.transport.syncNow(a.transport.nodeId)
    expect(await b.store.get(record.id)).toEqual(record)
  })

  it("are opened only under the log they belong to", async () => {
    const store = await openStore(":memory:")
    const facts = factSource(store)
    const profile = makeProfile(author)
    const opened = await facts.open(`task/${task.id}`, [record, task, profile].map(encodeEnvelope))
    expect(opened.map((result) => (isSporeError(result) ? result.code : result.id))).toEqual([
      record.id,
      "wrong_log",
      "wrong_log",
    ])
    const object = legacy(1)
    const parts = encodeCanonical([object.kind, object.payload, object.signature])
    const forged = encodeCanonical([object.kind, object.payload, new Uint8Array(64)])
    const read = await facts.open("legacy", [parts, forged, encodeEnvelope(record), new Uint8Array(3)])
    expect(read.map((result) => (isSporeError(result) ? result.code : result.id))).toEqual([
      object.id,
      "bad_signature",
      "bad_envelope",
      "bad_encoding",
    ])
    await store.ingest([task, object])
    expect(await facts.envelopes(["unknown", object.id, task.id])).toEqual([null, parts, encodeEnvelope(task)])
    await store.close()
  })
})
