import { readdir, readFile, writeFile } from "node:fs/promises"
import { join as joinPath } from "node:path"
import type { Stream } from "@libp2p/interface"
import { type CID, cidOf, DAG_CBOR, DAG_PB, encodeCanonical, RAW } from "@spore/records"
import { addFile, type ArtifactStore, createMemoryArtifactStore, missingBlocks } from "@spore/records/artifacts"
import { temporaryFolder, until } from "@spore/testkit"
import { CID as AnyCid } from "multiformats/cid"
import * as Digest from "multiformats/hashes/digest"
import { identity } from "multiformats/hashes/identity"
import { describe, expect, it } from "vitest"
import { ARTIFACT_PROTOCOL } from "../src/artifacts/protocol.ts"
import { SYNC_PROTOCOL } from "../src/sync/session.ts"
import { createFsArtifactStore } from "../src/index.ts"
import { frame, type RawNode, startNode, startRawNode, type TestNode } from "./harness.ts"

const content = new TextEncoder().encode("what was asked for")
const wanted = cidOf(RAW, content)
const other = new TextEncoder().encode("something else")
const SHORT = { artifactStallMs: 1000, artifactBlockMs: 1500, artifactRequestMs: 3000, artifactIdleMs: 500 }
const held = (block: Uint8Array): Uint8Array => frame(Uint8Array.from([1, ...block]))

/** A raw node that passes for a Spore node and answers block requests as it likes. */
async function server(answer: (stream: Stream) => void): Promise<RawNode> {
  const raw = await startRawNode()
  await raw.libp2p.handle(SYNC_PROTOCOL, (stream) => void stream.close())
  await raw.libp2p.handle(ARTIFACT_PROTOCOL, (stream) => {
    stream.addEventListener("message", () => answer(stream), { once: true })
  })
  return raw
}

async function listed(node: TestNode, raw: RawNode): Promise<void> {
  await node.transport.connect(raw.address)
  await until(() => node.transport.peers().some(({ nodeId }) => nodeId === raw.nodeId))
}

describe("fetching from a hostile peer", () => {
  const answers: [string, (stream: Stream) => void][] = [
    ["other bytes", (stream) => stream.send(held(other))],
    ["a larger block than any may be", (stream) => stream.send(held(new Uint8Array(1024 * 1024 + 1)))],
    ["a frame without end", (stream) => stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
    ["an answer of no known form", (stream) => stream.send(frame(Uint8Array.of(7, 7, 7)))],
    ["an empty answer", (stream) => stream.send(frame(new Uint8Array()))],
    ["more blocks than were asked for", (stream) => stream.send(Buffer.concat([held(content), held(other)]))],
    ["half a block, and then nothing", (stream) => stream.send(held(content).subarray(0, 10))],
    ["nothing", () => undefined],
    ["an end", (stream) => void stream.close()],
    ["a reset", (stream) => stream.abort(new Error("reset"))],
  ]

  it.each(answers)("takes nothing that is not what it asked for: %s", async (name, answer) => {
    await using folder = await temporaryFolder()
    await using node = await startNode(1, { artifacts: await createFsArtifactStore(folder.path), limits: SHORT })
    await using raw = await server(answer)
    await using honest = await startNode(2)
    await listed(node, raw)
    const fetched = await node.transport.fetchArtifact(wanted).then(
      () => "fetched",
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
    )
    expect(fetched).toBe(name === "more blocks than were asked for" ? "fetched" : "artifact_unavailable")
    const files = await readdir(folder.path, { recursive: true })
    expect(files.filter((path) => path.endsWith(other.toString()) || path.includes("tmp/"))).toEqual([])
    await honest.artifacts.put(wanted, content)
    await node.transport.connect(honest.address)
    await node.transport.fetchArtifact(wanted)
    expect(await node.artifacts.get(wanted)).toEqual(content)
  })

  it("ends a block that comes a byte at a time without end", async () => {
    await using node = await startNode(1, { limits: SHORT })
    const timers: NodeJS.Timeout[] = []
    await using raw = await server((stream) => {
      stream.send(held(content).subarray(0, 5))
      timers.push(setInterval(() => stream.status === "open" && stream.send(Uint8Array.of(0)), 200))
    })
    await listed(node, raw)
    await expect(node.transport.fetchArtifact(cidOf(RAW, new Uint8Array(1000)))).rejects.toMatchObject({
      code: "artifact_unavailable",
    })
    for (const timer of timers) clearInterval(timer)
  })

  it("takes wrong bytes for an id from nobody, and serves who sent them again and again no more", async () => {
    await using node = await startNode(1, { limits: { ...SHORT, artifactRestMs: 0 } })
    await node.artifacts.put(wanted, content)
    await using liar = await server((stream) => stream.send(held(other)))
    await listed(node, liar)
    for (const n of [1, 2, 3]) {
      const failed = node.transport.fetchArtifact(cidOf(RAW, Uint8Array.of(n)))
      await expect(failed).rejects.toMatchObject({ code: "artifact_unavailable" })
    }
    // Two of these and it is cut off; it may come back, and is refused before it can ask for anything.
    await until(() => liar.libp2p.getConnections().length === 0)
    const served = liar.open(node, ARTIFACT_PROTOCOL).then(
      (stream) => until(() => stream.status !== "open").then(() => false),
      () => false,
    )
    expect(await served).toBe(false)
  })

  it("goes on with another peer in the same fetch", async () => {
    await using node = await startNode(1, { limits: SHORT })
    await using liar = await server((stream) => stream.send(held(other)))
    await using silent = await server(() => undefined)
    await using honest = await startNode(2)
    const root = await addFile(
      honest.artifacts,
      new Uint8Array(5 * 1024 * 1024).map((_, i) => i >> 12),
    )
    await listed(node, liar)
    await listed(node, silent)
    await node.transport.connect(honest.address)
    await node.transport.fetchArtifact(root)
    expect(await missingBlocks(node.artifacts, root)).toEqual([])
  })
})

describe("a request for blocks", () => {
  const text = new TextEncoder()
  const requests: [string, Uint8Array][] = [
    ["a path", frame(text.encode("../identity.pem"))],
    ["a path as long as an id", frame(text.encode("../../../../home/spore/identity.pem".padEnd(36, "/")))],
    [
      "a path behind a longer head",
      frame(Uint8Array.of(1, RAW, 0, 32, ...text.encode("../identity.pem".padEnd(32, "\0")))),
    ],
    ["a path in CBOR", frame(encodeCanonical(["../identity.pem"]))],
    ["an id as text", frame(text.encode(wanted.toString()))],
    ["the id of a signed object", frame(cidOf(DAG_CBOR, content).bytes)],
    ["an id with its content inside", frame(AnyCid.createV1(RAW, identity.digest(content)).bytes)],
    ["a CIDv0", frame(AnyCid.createV0(Digest.create(0x12, cidOf(DAG_PB, content).multihash.digest)).bytes)],
    ["an id of another version", frame(Uint8Array.from([2, ...wanted.bytes.subarray(1)]))],
    ["an id of another hash", frame(Uint8Array.from([1, RAW, 0x13, ...wanted.bytes.subarray(3)]))],
    ["an id written longer than need be", frame(Uint8Array.of(0x81, 0, ...wanted.bytes.subarray(1, 35)))],
    ["an id cut short", frame(wanted.bytes.subarray(0, 35))],
    ["an id and a half", frame(Buffer.concat([wanted.bytes, wanted.bytes.subarray(0, 18)]))],
    ["no id", frame(new Uint8Array())],
    ["more ids than allowed", frame(Buffer.concat(Array.from({ length: 129 }, () => wanted.bytes)))],
    ["garbage", text.encode("GET /identity.pem HTTP/1.1\r\n\r\n")],
    ["a frame larger than allowed", Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
    ["half a frame, and then nothing", Uint8Array.of(0, 0, 0, 36, 1)],
  ]

  it.each(requests)(
    "(weakness 1: a path as an id) is refused where it is %s, and nothing is sent",
    async (_, request) => {
      await using folder = await temporaryFolder()
      await writeFile(joinPath(folder.path, "identity.pem"), "the private key")
      const artifacts = await createFsArtifactStore(joinPath(folder.path, "artifacts"))
      await artifacts.put(wanted, content)
      const asked: CID[] = []
      const spied: ArtifactStore = {
        ...artifacts,
        get: (cid) => {
          asked.push(cid)
          return artifacts.get(cid)
        },
      }
      await using node = await startNode(1, { artifacts: spied, limits: SHORT })
      await using raw = await startRawNode()
      const stream = await raw.open(node, ARTIFACT_PROTOCOL)
      const { bytes, status } = await talk(stream, request)
      expect(bytes).toHaveLength(0)
      expect(status).toBe("reset")
      expect(asked).toEqual([])
      expect(await readFile(joinPath(folder.path, "identity.pem"), "utf8")).toBe("the private key")
    },
  )

  it("(weakness 1) whose id carries a path where the digest belongs asks for a block that nobody holds", async () => {
    await using folder = await temporaryFolder()
    await writeFile(joinPath(folder.path, "identity.pem"), "the private key")
    const artifacts = await createFsArtifactStore(joinPath(folder.path, "artifacts"))
    await using node = await startNode(1, { artifacts })
    await using raw = await startRawNode()
    for (const path of ["../identity.pem", "../../identity.pem\0", `${folder.path}/identity.pem`]) {
      const stream = await raw.open(node, ARTIFACT_PROTOCOL)
      const id = Uint8Array.of(1, RAW, 0x12, 32, ...new TextEncoder().encode(path.padEnd(32, "/").slice(0, 32)))
      const answered = talk(stream, frame(id))
      await stream.close()
      expect(await answered).toEqual({ bytes: frame(Uint8Array.of(0)), status: "closed" })
    }
  })

  it("is answered where it is well formed, held or not", async () => {
    await using node = await startNode(1)
    await node.artifacts.put(wanted, content)
    await using raw = await startRawNode()
    const stream = await raw.open(node, ARTIFACT_PROTOCOL)
    const request = frame(Buffer.concat([cidOf(RAW, other).bytes, wanted.bytes]))
    const answered = talk(stream, request)
    await stream.close()
    const { bytes, status } = await answered
    expect(bytes).toEqual(new Uint8Array(Buffer.concat([frame(Uint8Array.of(0)), held(content)])))
    expect(status).toBe("closed")
  })

  it("of a peer that never reads holds up nobody", async () => {
    const large = Array.from({ length: 16 }, (_, i) => new Uint8Array(1024 * 1024).fill(i))
    const artifacts = createMemoryArtifactStore()
    for (const block of large) await artifacts.put(cidOf(RAW, block), block)
    await using node = await startNode(1, { artifacts, limits: SHORT })
    await using raw = await startRawNode()
    const stream = await raw.open(node, ARTIFACT_PROTOCOL)
    const closed = new Promise<string>((resolve) => stream.addEventListener("close", () => resolve(stream.status)))
    stream.pause()
    stream.send(frame(Buffer.concat(large.map((block) => cidOf(RAW, block).bytes))))
    await using honest = await startNode(2)
    await honest.transport.connect(node.address)
    const root = cidOf(RAW, large[3] ?? new Uint8Array())
    await honest.transport.fetchArtifact(root)
    expect(await honest.artifacts.has(root)).toBe(true)
    expect(await closed).toBe("reset")
  })
})

describe("a flood of requests", () => {
  it("is answered at a bounded pace, on a bounded number of streams, and an honest neighbour is served", async () => {
    const artifacts = createMemoryArtifactStore()
    let asked = 0
    const slow: ArtifactStore = {
      ...artifacts,
      get: (cid) => {
        if (!cid.equals(wanted)) asked++
        return artifacts.get(cid)
      },
    }
    await artifacts.put(wanted, content)
    await using node = await startNode(1, { artifacts: slow, limits: { artifactIdsPerSecond: 50 } })
    await using raw = await startRawNode()
    const ids = Array.from({ length: 128 }, (_, i) => cidOf(RAW, Uint8Array.of(i)).bytes)
    const streams = await Promise.all(Array.from({ length: 6 }, () => raw.open(node, ARTIFACT_PROTOCOL)))
    const closed = streams.filter((stream) => {
      try {
        for (let i = 0; i < 10; i++) stream.send(frame(Buffer.concat(ids)))
        return false
      } catch {
        return true
      }
    })
    await using honest = await startNode(2)
    await honest.transport.connect(node.address)
    await honest.transport.fetchArtifact(wanted)
    expect(await honest.artifacts.get(wanted)).toEqual(content)
    await until(() => closed.length + streams.filter(({ status }) => status !== "open").length >= 4)
    // Of the 7,680 ids that were asked for.
    expect(asked).toBeLessThan(2000)
  })

  it("of half a request each time holds no stream for ever", async () => {
    await using node = await startNode(1, { limits: SHORT })
    await node.artifacts.put(wanted, content)
    await using raw = await startRawNode()
    const half = await raw.open(node, ARTIFACT_PROTOCOL)
    const { bytes, status } = await talk(half, frame(wanted.bytes).subarray(0, 20))
    expect({ bytes: bytes.length, status }).toEqual({ bytes: 0, status: "reset" })
  })
})

/** Sends bytes and gathers what comes back until the stream is closed. */
function talk(stream: Stream, request: Uint8Array): Promise<{ bytes: Uint8Array; status: string }> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = []
    stream.addEventListener("message", ({ data }) => parts.push(data.subarray()))
    stream.addEventListener("close", () => {
      resolve({ bytes: new Uint8Array(Buffer.concat(parts)), status: stream.status })
    })
    stream.send(request)
  })
}
