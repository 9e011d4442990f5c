import { describe, expect, it } from "vitest"
import { parseAddress, peerOf } from "../src/peers/address.ts"
import { failureOf } from "./harness.ts"

const ID = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"

describe("an address to dial", () => {
  it.each([
    ["192.0.2.1:7470", "/ip4/192.0.2.1/tcp/7470"],
    ["  peer.example.org:7470 ", "/dns/peer.example.org/tcp/7470"],
    ["localhost:1", "/dns/localhost/tcp/1"],
    ["[::1]:65535", "/ip6/::1/tcp/65535"],
    ["/ip4/127.0.0.1/tcp/7470", "/ip4/127.0.0.1/tcp/7470"],
    ["/dns4/peer.sporemesh.com/tcp/7470", "/dns4/peer.sporemesh.com/tcp/7470"],
    [`/ip6/::1/tcp/7470/p2p/${ID}`, `/ip6/::1/tcp/7470/p2p/${ID}`],
    [
      `/dns4/relay.example.org/tcp/7470/p2p/${ID}/p2p-circuit/p2p/${ID}`,
      `/dns4/relay.example.org/tcp/7470/p2p/${ID}/p2p-circuit/p2p/${ID}`,
    ],
  ])("%s is read as %s", (text, expected) => {
    expect(parseAddress(text).toString()).toBe(expected)
  })

  it.each([
    "",
    "peer.example.org",
    "peer.example.org:0",
    "peer.example.org:65536",
    "peer.example.org:port",
    "::1:7470",
    "[192.0.2.1]:7470",
    "http://192.0.2.1:7470",
    "../../etc/passwd:1",
    "/etc/passwd",
    "/ip4/127.0.0.1",
    "/ip4/999.0.0.1/tcp/7470",
    "/ip4/127.0.0.1/udp/7470/quic-v1",
    "/ip4/127.0.0.1/tcp/7470/ws",
    "/unix/tmp/socket",
    `/p2p/${ID}`,
    "/p2p-circuit",
    `/ip4/127.0.0.1/tcp/7470/p2p/${ID}/p2p-circuit`,
    `/ip4/127.0.0.1/tcp/7470/p2p-circuit/p2p/${ID}`,
    `/ip4/127.0.0.1/tcp/7470/p2p/${ID}/tcp/1`,
    "/ip4/127.0.0.1/tcp/7470/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
  ])("%j is refused with what to give instead", async (text) => {
    const error = await failureOf(Promise.resolve(text).then(parseAddress))
    expect(error.code).toBe("bad_address")
    expect(error.next).toContain("HOST:PORT")
  })

  it("may name a peer", () => {
    expect(peerOf(parseAddress(`/ip4/127.0.0.1/tcp/7470/p2p/${ID}`))).toBe(ID)
    expect(peerOf(parseAddress("127.0.0.1:7470"))).toBeUndefined()
  })
})
