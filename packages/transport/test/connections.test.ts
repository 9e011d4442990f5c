import { freePort, startTcpServer, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  createNode,
  failureOf,
  firstOf,
  join,
  startNode,
  startRawNode,
  type TestNode,
  type TestNodeInit,
} from "./harness.ts"

/** Fast back-off, so that redialling is seen within a test. */
const FAST = { limits: { redialMinMs: 20, redialMaxMs: 200 } }

describe("connecting", () => {
  it("works by multiaddr, and both sides list each other", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    expect(await a.transport.connect(b.address)).toBe(b.nodeId)
    expect(a.transport.peers()).toMatchObject([{ nodeId: b.nodeId, direction: "outbound", address: b.address }])
    const [inbound] = await until(() => b.transport.peers().length > 0 && b.transport.peers())
    expect(inbound).toMatchObject({ nodeId: a.nodeId, direction: "inbound" })
    expect(inbound?.connectedAt).toBeGreaterThan(1_700_000_000_000)
  })

  it("works by host:port without a peer id", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    const port = portOf(b.address)
    expect(await a.transport.connect(`127.0.0.1:${port}`)).toBe(b.nodeId)
    expect(await a.transport.connect(`localhost:${port}`)).toBe(b.nodeId)
    expect(a.transport.peers()).toHaveLength(1)
  })

  it("gives the node the id of its identity, and addresses that carry it", async () => {
    await using a = await startNode(7)
    expect(a.transport.nodeId).toBe(testIdentity(7).nodeId)
    expect(a.transport.addresses()).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/)])
    expect(a.address).toContain(a.nodeId)
  })

  it("tells of peers that come and go", async () => {
    await using a = await startNode(1)
    const b = await startNode(2)
    const counts: number[] = []
    a.transport.on("peers", () => counts.push(a.transport.peers().length))
    await join(b, a)
    await b.transport.stop()
    await until(() => a.transport.peers().length === 0)
    expect(counts[0]).toBe(1)
    expect(counts.at(-1)).toBe(0)
  })

  it("stops telling when asked to", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    let calls = 0
    const stop = a.transport.on("peers", () => calls++)
    stop()
    await join(b, a)
    expect(calls).toBe(0)
  })

  it.each(["nonsense", "/ip4/127.0.0.1/udp/1"])("refuses %j as an address", async (address) => {
    await using a = await startNode(1)
    await expect(a.transport.connect(address)).rejects.toMatchObject({ code: "bad_address" })
  })

  it("says what to check where nobody listens", async () => {
    await using a = await startNode(1)
    const port = await freePort()
    const error = await failureOf(a.transport.connect(`127.0.0.1:${port}`))
    expect(error.code).toBe("dial_failed")
    expect(error.message).toContain("ECONNREFUSED")
    expect(error.next).toContain("port")
  })

  it("refuses a peer whose key is not the one in the address", async () => {
    await using a = await startNode(1)
    await using b = await startNode(2)
    const other = b.address.replace(b.nodeId, testIdentity(3).nodeId)
    await expect(a.transport.connect(other)).rejects.toMatchObject({ code: "dial_failed" })
    expect(a.transport.peers()).toEqual([])
  })

  it("refuses to dial itself", async () => {
    await using a = await startNode(1)
    await expect(a.transport.connect(a.address)).rejects.toMatchObject({ code: "bad_address" })
    await expect(a.transport.connect(`127.0.0.1:${portOf(a.address)}`)).rejects.toMatchObject({ code: "bad_address" })
  })

  it("says what else answers at an address, where that is known", async () => {
    await using server = await startTcpServer((socket) => socket.end("nothing of libp2p"))
    const asked: string[] = []
    await using a = await startNode(1, {
      explainFailure: async (host, port) => {
        asked.push(`${host}:${port}`)
        return { what: "is a thing of its own", next: "leave it alone" }
      },
    })
    const address = `127.0.0.1:${server.port}`
    const error = await failureOf(a.transport.connect(address))
    expect(error).toMatchObject({ code: "dial_failed", next: "leave it alone" })
    expect(error.message).toBe(`${address} is a thing of its own`)
    expect(asked).toEqual([address])
  })

  it.each<[string, NonNullable<TestNodeInit["explainFailure"]>]>([
    ["fails", () => Promise.reject(new Error("no"))],
    ["takes too long", () => new Promise(() => undefined)],
    ["knows nothing", () => Promise.resolve(null)],
  ])("says what went wrong where the explanation %s", async (_, explainFailure) => {
    await using server = await startTcpServer((socket) => socket.end("nothing of libp2p"))
    await using a = await startNode(1, { explainFailure, limits: { explainMs: 200 } })
    const error = await failureOf(a.transport.connect(`127.0.0.1:${server.port}`))
    expect(error.code).toBe("dial_failed")
    expect(error.message).toContain("cannot connect")
    expect(error.next).toContain("check")
  })

  it("does not ask what answers where nobody listens", async () => {
    let calls = 0
    const explainFailure = async (): Promise<null> => {
      calls++
      return null
    }
    await using a = await startNode(1, { explainFailure })
    await failureOf(a.transport.connect(`127.0.0.1:${await freePort()}`))
    expect(calls).toBe(0)
  })

  it("shows what a peer calls itself, how far it is, and that nothing is held against it", async () => {
    await using a = await startNode(1, { limits: { pingMs: 50 } })
    await using b = await startNode(2, { agent: `spore/1.2.3 \u001b[31m${"x".repeat(100)}` })
    await a.transport.connect(b.address)
    const [peer] = await until(
      () => a.transport.peers().some(({ latencyMs }) => latencyMs !== null) && a.transport.peers(),
    )
    expect(peer).toMatchObject({ relayed: false, score: 0 })
    expect(peer?.latencyMs).toBeGreaterThanOrEqual(0)
    expect(peer?.agent).toBe(`spore/1.2.3 [31m${"x".repeat(48)}`)
  })

  it("tells peers the addresses it was given instead of those it listens on", async () => {
    const announce = ["/dns4/relay.example.org/tcp/7470", "/ip4/8.8.8.8/tcp/7470"]
    await using a = await startNode(1, { announce })
    expect(a.transport.addresses()).toEqual(announce.map((address) => `${address}/p2p/${a.nodeId}`))
  })

  it("refuses a libp2p node that does not speak the protocol", async () => {
    await using a = await startNode(1, { limits: { identifyMs: 1000 } })
    await using raw = await startRawNode()
    const error = await failureOf(a.transport.connect(raw.address))
    expect(error.code).toBe("dial_failed")
    expect(error.message).toContain("no Spore node")
    expect(a.transport.peers()).toEqual([])
  })

  it("says which address is taken and how to choose another", async () => {
    await using a = await startNode(1)
    const port = portOf(a.address)
    const error = await failureOf(startNode(2, { listen: [`/ip4/127.0.0.1/tcp/${port}`] }))
    expect(error.code).toBe("port_in_use")
    expect(error.message).toContain(`127.0.0.1:${port}`)
    expect(error.next).toContain("--port")
  })

  it("can start after a failed start, and again after a stop", async () => {
    const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}`]
    await using holder = await startNode(1, { listen })
    const { transport } = createNode(2, { listen })
    await expect(transport.start()).rejects.toMatchObject({ code: "port_in_use" })
    await holder.transport.stop()
    await transport.start()
    await transport.stop()
    expect(transport.addresses()).toEqual([])
    await transport.start()
    expect(transport.addresses()).toHaveLength(1)
    await transport.stop()
  })

  it("refuses to work before it was started", async () => {
    const { transport } = createNode(1)
    await expect(transport.connect("127.0.0.1:1")).rejects.toMatchObject({ code: "not_running" })
    await expect(transport.syncNow()).rejects.toMatchObject({ code: "not_running" })
    expect(transport.peers()).toEqual([])
    expect(transport.addresses()).toEqual([])
  })
})

describe("keeping connections", () => {
  it("dials a bootstrap peer that appears later", async () => {
    const port = await freePort()
    await using a = await startNode(1, { bootstrap: [`127.0.0.1:${port}`], ...FAST })
    expect(a.transport.peers()).toEqual([])
    await using b = await startNode(2, { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await until(() => a.transport.peers().some(({ nodeId }) => nodeId === b.nodeId))
  })

  it("dials a peer again that restarts, whether bootstrap or connected by hand", async () => {
    const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}`]
    const b = await startNode(2, { listen })
    await using a = await startNode(1, { bootstrap: [b.address], ...FAST })
    await using c = await startNode(3, FAST)
    await c.transport.connect(b.address)
    await until(() => b.transport.peers().length === 2)
    await b.transport.stop()
    await until(() => a.transport.peers().length === 0 && c.transport.peers().length === 0)
    await using again = await startNode(2, { listen })
    await until(() => again.transport.peers().length === 2)
    await until(() => [a, c].every(({ transport }) => transport.peers().length === 1))
    expect(a.transport.peers()).toMatchObject([{ nodeId: b.nodeId }])
    expect(c.transport.peers()).toMatchObject([{ nodeId: b.nodeId }])
  })

  it("refuses to start with a bootstrap address nobody can dial", async () => {
    await expect(startNode(1, { bootstrap: ["nonsense"] })).rejects.toMatchObject({ code: "bad_address" })
  })

  it("goes on with one bootstrap address that is the node itself", async () => {
    const port = await freePort()
    await using b = await startNode(2)
    await using a = await startNode(1, {
      listen: [`/ip4/127.0.0.1/tcp/${port}`],
      bootstrap: [`127.0.0.1:${port}`, b.address],
      ...FAST,
    })
    await until(() => a.transport.peers().length === 1)
    expect(firstOf(a.transport.peers()).nodeId).toBe(b.nodeId)
  })
})

describe("disconnecting", () => {
  it.each<[string, (b: TestNode) => string]>([
    ["node id", (b) => b.nodeId],
    ["multiaddr", (b) => b.address],
    ["the address that was given", (b) => `127.0.0.1:${portOf(b.address)}`],
  ])("by %s ends the connection for good, also to a bootstrap peer", async (_, nameOf) => {
    await using b = await startNode(2)
    const bootstrap = [`127.0.0.1:${portOf(b.address)}`, b.address]
    await using a = await startNode(1, { bootstrap, ...FAST })
    await until(() => a.transport.peers().length === 1 && b.transport.peers().length === 1)
    // Both addresses lead to the peer once the second dial has found the connection of the first.
    await a.transport.connect(bootstrap[0] ?? "")
    await a.transport.connect(bootstrap[1] ?? "")
    await a.transport.disconnect(nameOf(b))
    await until(() => a.transport.peers().length === 0 && b.transport.peers().length === 0)
    // Far longer than the pauses between dials.
    await using c = await startNode(3, FAST)
    await a.transport.connect(c.address)
    await c.transport.syncNow()
    expect(b.transport.peers()).toEqual([])
    await a.transport.connect(b.address)
    expect(a.transport.peers()).toHaveLength(2)
  })

  it("from an address that was never reached ends the dialling", async () => {
    const port = await freePort()
    const address = `127.0.0.1:${port}`
    await using a = await startNode(1, { bootstrap: [address], ...FAST })
    await a.transport.disconnect(address)
    expect((await failureOf(a.transport.disconnect(address))).code).toBe("not_connected")
    await using b = await startNode(2, { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await using c = await startNode(3, FAST)
    await a.transport.connect(c.address)
    await c.transport.syncNow()
    expect(b.transport.peers()).toEqual([])
  })

  it("from who is not connected, or from no address at all, is an error", async () => {
    await using a = await startNode(1)
    const { nodeId } = testIdentity(9)
    expect((await failureOf(a.transport.disconnect(nodeId))).code).toBe("not_connected")
    expect((await failureOf(a.transport.disconnect("nonsense"))).code).toBe("bad_address")
  })
})

function portOf(address: string): string {
  const port = /\/tcp\/(\d+)/.exec(address)?.[1]
  if (port === undefined) throw new Error(`no port in ${address}`)
  return port
}
