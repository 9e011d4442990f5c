import { connect, createServer } from "node:net"
import { once } from "node:events"
import { until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { legacyTypeOf, type LegacyObject, toWire } from "../src/index.ts"
import { dialRaw, diallingOldNode, listeningOldNode, oldFacts, type RawPeer, rawServer } from "./fake-node.ts"
import { vectors } from "./fixtures.ts"
import { experiment, experimentFields, forged, manifest } from "./made.ts"
import { memoryFacts } from "./memory-facts.ts"
import { type Listening, listening, NOW, sample, sha256, syncWith } from "./wire-made.ts"

/** An honest 0.6 node that dials gets everything. */
async function expectServed(node: Listening, objects: readonly LegacyObject[]): Promise<void> {
  const old = oldFacts()
  using honest = await diallingOldNode(old, node.address)
  await until(() => honest.count("task_sync_response") === 1, { what: "the answers to an honest node" })
  for (const { id } of objects) expect(old.objects.has(id)).toBe(true)
}

const closed = (peer: RawPeer): Promise<true> => until(() => peer.isClosed(), { what: "the end of the connection" })

describe("a node that listens for 0.6 nodes", () => {
  test("ends connections that send garbage, and goes on", async () => {
    const { objects } = sample(5, "ours")
    const facts = memoryFacts()
    facts.store(...objects)
    await using node = await listening(facts)
    for (const bytes of [
      "GET / HTTP/1.1\r\n\r\n",
      "\u0000\u0000\u0000\u0002{}",
      "\u0000\u0000\u0000\u0004null",
      "\u0000\u0000\u0000\u0000",
    ]) {
      using peer = await dialRaw(node.address)
      peer.socket.write(bytes)
      await closed(peer)
    }
    expect(node.server.counts()).toEqual({ established: 0, pending: 0 })
    await expectServed(node, objects)
  })

  test("ends one that announces more than the type may have, one that never comes to an end, one that says nothing", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts, { handshakeMs: 300, frameMs: 300 })
    const oversize = Buffer.from('0000{"type":"experiment","payload":{"agent_model":"mmmmmmmmmmmmmmmmmmmmmm"')
    oversize.writeUInt32BE(9_900_000)
    const slow = Buffer.from('0000{"type":"experiment","payload":{"agent_model":"mmmmmmmmmmmmmmmmmmmmmm"')
    slow.writeUInt32BE(1_000_000)
    const peers = await Promise.all([1, 2, 3, 4].map(() => dialRaw(node.address)))
    const [a, b, c, d] = peers
    a?.socket.write(oversize)
    b?.send("ping", "{}")
    b?.socket.write(slow)
    c?.socket.write(Buffer.from([0, 0]))
    const drip = setInterval(() => b?.socket.write("m"), 20)
    try {
      for (const peer of [a, b, c, d]) if (peer !== undefined) await closed(peer)
    } finally {
      clearInterval(drip)
    }
    expect(b?.count("pong")).toBe(1)
    expect(node.server.counts()).toEqual({ established: 0, pending: 0 })
  })

  test("weakness 1: a path as the id of code gives nothing; only a sha-256 does", async () => {
    const facts = memoryFacts()
    const digest = facts.addFile("print('code')\n")
    const asked: string[] = []
    const { code } = facts
    await using node = await listening({ ...facts, code: (id) => (asked.push(id), code(id)) })
    using peer = await dialRaw(node.address)
    const paths = [
      "../identity/private_key",
      "/etc/passwd",
      `../${"a".repeat(61)}`,
      digest.toUpperCase(),
      `${digest}\\u0000`,
      `${digest} `,
      "",
    ]
    for (const path of paths) peer.send("code_request", `{"code_cid":"${path}"}`)
    for (const other of ["null", "7", '["a"]', `{"a":"${digest}"}`]) {
      peer.send("code_request", `{"code_cid":${other}}`)
    }
    peer.send("code_request", `{"code_cid":"${"0".repeat(64)}"}`)
    peer.send("code_request", `{"code_cid":"${digest}"}`)
    await until(() => peer.count("code_response") === 1)
    expect(peer.heard.map(({ payload }) => payload)).toEqual([
      new Map([
        ["code_cid", digest],
        ["code", btoa("print('code')\n")],
      ]),
    ])
    // Nothing but an id ever reaches the storage.
    expect(asked).toEqual(["0".repeat(64), digest])
  })

  test("weakness 11: 1,000 slow connections are few at a time and short, and an honest node is served meanwhile", async () => {
    const { objects } = sample(5, "ours")
    const facts = memoryFacts()
    facts.store(...objects)
    const limits = { maxPendingInbound: 16, handshakeMs: 2_000, inboundBurstPerHost: 5_000 }
    await using node = await listening(facts, limits)
    let most = 0
    let over = 0
    for (let n = 0; n < 1_000; n++) {
      const socket = connect(node.address)
      socket.on("error", () => undefined)
      socket.on("close", () => over++)
      await once(socket, "connect")
      socket.write(Buffer.from([0]))
      most = Math.max(most, node.server.counts().pending)
      if (n === 900) await expectServed(node, objects)
    }
    expect(most).toBeLessThanOrEqual(17)
    await until(() => over === 1_000 && node.server.counts().pending === 0, { what: "the end of all of them" })
  })

  test("too many connections that do talk are refused, and so are too many at once from one host", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts, {
      maxInbound: 4,
      inboundBurstPerHost: 12,
      inboundPerSecondPerHost: 0.001,
    })
    const peers: RawPeer[] = []
    for (let n = 0; n < 16; n++) {
      const peer = await dialRaw(node.address)
      peer.send("ping", "{}")
      peers.push(peer)
    }
    await until(() => peers.filter((peer) => peer.isClosed()).length === 12)
    expect(node.server.counts()).toEqual({ established: 4, pending: 0 })
    for (const { socket } of peers) socket.destroy()
  })

  test("weakness 10: a peer that never reads is dropped, and nobody waits for it", async () => {
    const { objects } = sample(5, "ours")
    const facts = memoryFacts()
    facts.store(...objects)
    await using node = await listening(facts, { stallMs: 1_500 })
    using deaf = await dialRaw(node.address)
    deaf.send("ping", "{}")
    await until(() => node.server.counts().established === 1)
    deaf.socket.pause()
    const old = oldFacts()
    using honest = await diallingOldNode(old, node.address)
    await until(() => honest.count("task_sync_response") === 1)
    // More than all buffers between two sockets hold.
    const published: LegacyObject[] = []
    for (let n = 0; n < 40; n++) {
      const object = experiment({ description: `${n}`, diff: "x".repeat(1_000_000) })
      published.push(object)
      facts.store(object)
    }
    await until(() => published.every(({ id }) => old.objects.has(id)), { what: "all that was published" })
    await until(() => node.server.counts().established === 1, { what: "the end of the one that never reads" })
    expect(honest.isClosed()).toBe(false)
  })

  test("a flood of objects with false signatures ends its connection, is not passed on, and stores nothing", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts)
    const old = oldFacts()
    using honest = await diallingOldNode(old, node.address)
    await until(() => honest.count("task_sync_response") === 1)
    using flood = await dialRaw(node.address)
    for (let n = 0; n < 200; n++) {
      const wire = toWire(experiment({ description: `${n}` }))
      flood.send(
        "experiment",
        wire.replace(/(?<="signature":")./, (digit) => (digit === "0" ? "1" : "0")),
      )
    }
    await closed(flood)
    const sound = experiment({ description: "sound" })
    facts.store(sound)
    await until(() => old.objects.has(sound.id))
    expect(facts.ids()).toEqual([sound.id])
    expect(honest.count("experiment")).toBe(1)
  })

  test("a flood of sound objects is read no faster than its share", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts, { messageBurst: 20, messagesPerSecond: 1 })
    using flood = await dialRaw(node.address)
    for (let n = 0; n < 200; n++) flood.sendObject(experiment({ description: `${n}` }))
    await until(() => facts.ids().length >= 20)
    // What the others cost is their sender's own buffers.
    await expectServed(node, [])
    expect(facts.ids().length).toBeLessThan(60)
    expect(flood.isClosed()).toBe(false)
  })

  test("weakness 5: a message is passed on byte for byte as it came, and one of 9.9 MB not at all", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts)
    const old = oldFacts()
    using honest = await diallingOldNode(old, node.address)
    using sender = await dialRaw(node.address)
    // As 0.6 would never write it: each of these takes three times the room when it is escaped.
    const wire = toWire(experiment({ hypothesis: "é".repeat(30_000), diff: "é".repeat(100_000) })).replaceAll(
      "\\u00e9",
      "é",
    )
    sender.send("experiment", wire)
    await until(() => honest.count("experiment") === 1)
    expect(honest.bodies.find((body) => body.startsWith('{"type":"experiment"'))).toBe(
      `{"type":"experiment","payload":${wire}}`,
    )
    sender.send("experiment", `{"diff":"${"é".repeat(4_900_000)}"}`)
    await closed(sender)
    const sound = experiment({ description: "after it" })
    facts.store(sound)
    await until(() => old.objects.has(sound.id))
    expect([honest.isClosed(), honest.count("experiment")]).toEqual([false, 2])
  })

  test("weakness 7: a task that a relay put into a record of version 1 is not passed on", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts)
    using honest = await diallingOldNode(oldFacts(), node.address)
    using sender = await dialRaw(node.address)
    const root = experiment()
    sender.send("experiment", toWire(root).replace('"task_id":""', `"task_id":"${"ab".repeat(32)}"`))
    await until(() => honest.count("experiment") === 1)
    expect(honest.bodies).toContain(`{"type":"experiment","payload":${toWire(root)}}`)
  })

  test("each object is passed on once, however often and from however many it comes", async () => {
    const facts = memoryFacts()
    await using node = await listening(facts)
    const old = oldFacts()
    using honest = await diallingOldNode(old, node.address)
    const object = experiment()
    const senders = await Promise.all([1, 2, 3].map(() => dialRaw(node.address)))
    for (const sender of senders) for (let n = 0; n < 5; n++) sender.sendObject(object)
    const last = experiment({ description: "last" })
    await until(() => old.objects.has(object.id))
    senders[0]?.sendObject(last)
    await until(() => old.objects.has(last.id))
    expect(honest.count("experiment")).toBe(2)
    // Nor back to those it came from.
    expect(
      senders.map(
        (sender) =>
          sender.heard.filter(
            ({ type, payload }) => type === "experiment" && payload instanceof Map && payload.get("id") === object.id,
          ).length,
      ),
    ).toEqual([0, 0, 0])
    for (const { socket } of senders) socket.destroy()
  })

  test("poison of the vectors is refused as the specification says, and its neighbours are taken", async () => {
    for (const vector of vectors.negative) {
      const facts = memoryFacts(() => NOW)
      await using node = await listening(facts)
      using peer = await dialRaw(node.address)
      peer.send(vector.message_type, vector.wire_payload)
      const sound = experiment({ description: vector.name })
      peer.sendObject(sound)
      await until(() => facts.ids().includes(sound.id), { what: vector.name })
      const isTaken = vector.node.verdict === "accepted"
      expect([vector.name, facts.ids().length]).toEqual([vector.name, isTaken ? 2 : 1])
    }
  })

  test("weakness 12: no address that a peer tells is ever dialled; lists and code that nobody asked for cost the connection", async () => {
    let dialled = 0
    const trap = createServer(() => dialled++)
    trap.listen(0, "127.0.0.1")
    await once(trap, "listening")
    const address = trap.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const facts = memoryFacts()
    await using node = await listening(facts)
    for (const [type, payload] of [
      ["pex_response", JSON.stringify({ peer: Array.from({ length: 100 }, () => `127.0.0.1:${port}`) })],
      ["code_response", JSON.stringify({ code_cid: sha256("a"), code: btoa("a") })],
      ["pong", "{}"],
      ["sync_response", '{"since":0,"count":0}'],
      ["nonsense", "{}"],
    ] as const) {
      using peer = await dialRaw(node.address)
      for (let n = 0; n < 20; n++) peer.send(type, payload)
      await closed(peer)
    }
    using large = await dialRaw(node.address)
    large.send("code_response", JSON.stringify({ code_cid: sha256("a"), code: "a".repeat(100_000) }))
    await closed(large)
    expect([dialled, facts.files.size]).toEqual([0, 0])
    trap.close()
  })

  test("a peer that asks for everything again and again is answered no faster than its share", async () => {
    const { objects } = sample(20, "ours")
    const facts = memoryFacts()
    facts.store(...objects)
    let pages = 0
    const { page } = facts
    await using node = await listening(
      { ...facts, page: (after) => (pages++, page(after)) },
      { answerBurst: 3, answersPerSecond: 0.01 },
    )
    using peer = await dialRaw(node.address)
    for (let n = 0; n < 500; n++) peer.send("sync_request", '{"since":0}')
    await until(() => peer.count("sync_response") >= 1)
    for (let n = 0; n < 500; n++) peer.send("control_sync_request", '{"since":0}')
    await expectServed(node, objects)
    expect(peer.count("sync_response") + peer.count("control_sync_response")).toBeLessThanOrEqual(3)
    expect(pages).toBeLessThan(100)
  })
})

describe("a node that syncs with a hostile one", () => {
  test("weakness 9: what is dated far ahead hides nothing that comes after it", async () => {
    const { objects } = sample(3, "theirs")
    const ahead = [2n ** 52n, BigInt(NOW) + 10_000_000n].map((timestamp) =>
      experiment({ timestamp, description: "ahead" }),
    )
    await using node = await listeningOldNode(oldFacts([...ahead, manifest({ timestamp: 2n ** 52n }), ...objects]))
    const facts = memoryFacts()
    await syncWith(node.address, facts)
    const later = [
      experiment({ description: "later", timestamp: BigInt(NOW) }),
      manifest({ name: "later", timestamp: BigInt(NOW) }),
    ]
    for (const object of later) {
      const field = legacyTypeOf(object.kind)
      node.facts.objects.set(object.id, { type: field, text: toWire(object), timestamp: BigInt(NOW) })
    }
    const { traffic } = await syncWith(node.address, facts)
    for (const { id } of later) expect(facts.ids()).toContain(id)
    expect(facts.ids()).not.toContain(ahead[0]?.id)
    expect(traffic.received.experiment).toMatchObject({ stored: 1, ignored: 2, refused: 0 })
  })

  test("an answer without end is ended; what was sound of it stays", async () => {
    await using node = await rawServer((peer, { type }) => {
      if (type === "ping") peer.send("pong", "{}")
      if (type === "sync_request") for (let n = 0; n < 300; n++) peer.sendObject(experiment({ description: `${n}` }))
    })
    const facts = memoryFacts()
    await expect(syncWith(node.address, facts, { answerObjects: 200 })).rejects.toMatchObject({ code: "over_limit" })
    await until(() => facts.ids().length >= 100)
    expect(facts.ids().length).toBeLessThanOrEqual(200)
  })

  test("one that does not answer, or trickles, is given up", async () => {
    await using silent = await rawServer((peer, { type }) => {
      if (type === "ping") peer.send("pong", "{}")
    })
    const facts = memoryFacts()
    await expect(syncWith(silent.address, facts, { answerMs: 200 })).rejects.toMatchObject({ code: "timed_out" })
    await using trickling = await rawServer((peer, { type }) => {
      if (type === "ping") peer.send("pong", "{}")
      if (type === "sync_request") setInterval(() => peer.sendObject(experiment()), 30).unref()
    })
    const limits = { answerMs: 5_000, answerTotalMs: 500 }
    await expect(syncWith(trickling.address, facts, limits)).rejects.toMatchObject({ code: "timed_out" })
  })

  test("an answer full of poison is borne up to its limit, and not forgotten as done where it was not whole", async () => {
    const poison = (n: number): string =>
      forged("legacy_experiment", { ...experimentFields, val_bpb: Number.POSITIVE_INFINITY, num_steps: BigInt(n) })
    const serve =
      (count: number, told: number) =>
      (peer: RawPeer, type: string): void => {
        if (type === "ping") peer.send("pong", "{}")
        if (type === "sync_request") for (let n = 0; n < count; n++) peer.send("experiment", poison(n))
        if (type.endsWith("sync_request")) peer.send(type.replace("request", "response"), `{"since":0,"count":${told}}`)
      }
    const facts = memoryFacts()
    await using few = await rawServer((peer, { type }) => serve(50, type === "sync_request" ? 50 : 0)(peer, type))
    const report = await syncWith(few.address, facts, { answerRefused: 60 })
    expect([report.isWhole, report.traffic.received.experiment.refused]).toEqual([true, 50])
    expect(report.traffic.refusals[0]).toContain("Infinity")
    await using many = await rawServer((peer, { type }) => serve(100, 100)(peer, type))
    await expect(syncWith(many.address, facts, { answerRefused: 60 })).rejects.toMatchObject({
      code: "protocol_violation",
    })
    await using liar = await rawServer((peer, { type }) => serve(0, 5)(peer, type))
    expect((await syncWith(liar.address, facts)).isWhole).toBe(false)
    expect(facts.marks.size).toBe(1)
    expect(facts.ids()).toEqual([])
  })

  test("wrong bytes for an id of code are not kept, nor are files beyond 1 MiB", async () => {
    const [larger, largest] = ["#".repeat(1024 * 1024 + 1), "#".repeat(3 * 1024 * 1024)]
    const objects = ["false", larger, largest, "sound"].map((text) => experiment({ code_cid: sha256(text) }))
    const code = {
      [sha256("false")]: "something else",
      [sha256(larger)]: larger,
      [sha256(largest)]: largest,
      [sha256("sound")]: "sound",
    }
    await using node = await listeningOldNode(oldFacts(objects, code))
    const facts = memoryFacts()
    const { traffic } = await syncWith(node.address, facts)
    expect(traffic.code).toEqual({ stored: 1, missing: 1, refused: 2 })
    expect([...facts.files.keys()]).toEqual([sha256("sound")])
  })

  test("what does not speak 0.6 is told apart from what is not reached", async () => {
    const facts = memoryFacts()
    for (const greeting of ["\u0013/multistream/1.0.0\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n"]) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined).resume()
        socket.write(greeting)
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      await expect(syncWith({ host: "127.0.0.1", port }, facts)).rejects.toMatchObject({ code: "not_legacy" })
      server.close()
      await once(server, "close")
      await expect(syncWith({ host: "127.0.0.1", port }, facts)).rejects.toMatchObject({ code: "unreachable" })
    }
    await using mute = await rawServer(() => undefined)
    await expect(syncWith(mute.address, facts, { handshakeMs: 100 })).rejects.toMatchObject({ code: "not_legacy" })
  })
})
