import { createSocket } from "node:dgram"
import { once } from "node:events"
import { until } from "@spore/testkit"
import { expect, it } from "vitest"
import { startNode } from "./harness.ts"

const GROUP = "224.0.0.251"

it.skipIf(!(await hasMulticast()))(
  "nodes of one network segment find each other by mDNS, where both ask for it",
  async () => {
    const init = { discovery: { exchange: false, mdns: true }, limits: { seekMs: 100 } }
    await using a = await startNode(1, init)
    await using b = await startNode(2, init)
    await using c = await startNode(3, { discovery: { lan: true } })
    await until(() => a.transport.peers().some(({ nodeId }) => nodeId === b.nodeId))
    expect(c.transport.peers()).toEqual([])
  },
)

/** Whether this machine delivers to itself what it sends to a group: some sandboxes have no such network. */
async function hasMulticast(): Promise<boolean> {
  const socket = createSocket({ type: "udp4", reuseAddr: true })
  try {
    await once(socket.bind(0), "listening")
    socket.addMembership(GROUP)
    const arrived = once(socket, "message", { signal: AbortSignal.timeout(1000) })
    socket.send("x", socket.address().port, GROUP)
    await arrived
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
