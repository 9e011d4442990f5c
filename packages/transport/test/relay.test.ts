import { silentLogger } from "@spore/records"
import { freePort, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { TransportLimits } from "../src/index.ts"
import { failureOf, startNode, type TestNode } from "./harness.ts"

const FAST = { redialMinMs: 20, redialMaxMs: 200, upkeepMs: 1_000, identifyMs: 2000 }

/** The addresses through relays at which a node listens. */
function relayed(node: TestNode): string[] {
  return node.transport.addresses().filter((address) => address.includes("/p2p-circuit"))
}

function startRelay(n: number, port = "0", limits: Partial<TransportLimits> = {}): Promise<TestNode> {
  return startNode(n, {
    relay: "server",
    listen: [`/ip4/127.0.0.1/tcp/${port}`],
    limits: { ...FAST, ...limits },
  })
}

/** A client of the relay that tells of each refusal. */
function startClient(n: number, relay: TestNode, onRefused: () => void = () => undefined): Promise<TestNode> {
  const debug = (_: object, message: string): void => {
    if (message === "no reservation on a relay") onRefused()
  }
  return startNode(n, {
    relay: "client",
    bootstrap: [relay.address],
    limits: FAST,
    log: { ...silentLogger, debug },
  })
}

describe("a relay", () => {
  it("is listened on by clients that are connected with it", async () => {
    await using relay = await startRelay(1)
    await using client = await startNode(2, { relay: "client", bootstrap: [relay.address], limits: FAST })
    await until(() => relayed(client).length > 0)
    expect(relayed(client)).toEqual([`${relay.address}/p2p-circuit/p2p/${client.nodeId}`])
  })

  it("tells each side of it: which peer relays, and for how many", async () => {
    await using relay = await startRelay(1)
    await using client = await startClient(2, relay)
    await using other = await startNode(3, { bootstrap: [relay.address], limits: FAST })
    await until(() => relayed(client).length > 0 && relay.transport.peers().length === 2)
    await until(() => other.transport.peers().length === 1)
    expect(client.transport.peers()).toMatchObject([{ nodeId: relay.nodeId, relays: true, reserved: true }])
    expect(other.transport.peers()).toMatchObject([{ nodeId: relay.nodeId, relays: true, reserved: false }])
    expect(relay.transport.peers()).toMatchObject([{ relays: false }, { relays: false }])
    expect(relay.transport.reach()).toMatchObject({ state: "local", serving: { reservations: 1, limit: 16 } })
    expect(client.transport.reach()).toMatchObject({ state: "relayed", serving: null })
    expect(other.transport.reach()).toMatchObject({ state: "local", serving: null })
  })

  it("has the reservations of its clients again after a restart", async () => {
    const port = String(await freePort())
    const relay = await startRelay(1, port)
    await using client = await startNode(2, { relay: "client", bootstrap: [relay.address], limits: FAST })
    await until(() => relayed(client).length > 0)
    await relay.transport.stop()
    await until(() => relayed(client).length === 0)
    for (let round = 0; round < 2; round++) {
      await using again = await startRelay(1, port)
      await until(() => relayed(client).length > 0)
      expect(client.transport.peers()).toMatchObject([{ nodeId: again.nodeId, relayed: false }])
    }
  })

  it.each<[string, Partial<TransportLimits>]>([
    ["in all", { reservations: 1 }],
    ["to one host", { reservationsPerHost: 1 }],
  ])("grants no more reservations %s than it may, and one that is given up goes to who waits", async (_, limits) => {
    await using relay = await startRelay(1, "0", limits)
    const first = await startClient(2, relay)
    await until(() => relayed(first).length > 0)
    let refusals = 0
    await using second = await startClient(3, relay, () => refusals++)
    await until(() => refusals > 0)
    expect(relayed(second)).toEqual([])
    await first.transport.stop()
    await until(() => relayed(second).length > 0)
  })

  it("is not listened on by others, nor by nodes that do not ask for it", async () => {
    await using relay = await startRelay(1)
    await using node = await startNode(2, { bootstrap: [relay.address], limits: FAST })
    await using other = await startNode(3, { limits: FAST })
    await using client = await startNode(4, { relay: "client", bootstrap: [other.address], limits: FAST })
    await until(() => relay.transport.peers().length === 1 && other.transport.peers().length === 1)
    await client.transport.syncNow()
    expect(relayed(node)).toEqual([])
    expect(relayed(client)).toEqual([])
  })

  it("carries no facts: a peer reached through it only is not connected", async () => {
    await using relay = await startRelay(1)
    await using hidden = await startNode(2, { relay: "client", listen: [], bootstrap: [relay.address], limits: FAST })
    await until(() => relayed(hidden).length > 0)
    await using node = await startNode(3, { relay: "client", limits: FAST })
    const error = await failureOf(node.transport.connect(relayed(hidden)[0] ?? ""))
    expect(error.code).toBe("dial_failed")
    expect(error.message).toContain("through a relay only")
    expect(error.next).toContain("by way of others")
    expect(hidden.transport.peers().map(({ nodeId }) => nodeId)).toEqual([relay.nodeId])
  })

  it("does not reach who has no reservation there", async () => {
    await using relay = await startRelay(1)
    await using node = await startNode(3, { relay: "client", limits: FAST })
    const address = `${relay.address}/p2p-circuit/p2p/${testIdentity(9).nodeId}`
    expect((await failureOf(node.transport.connect(address))).code).toBe("dial_failed")
  })
})
