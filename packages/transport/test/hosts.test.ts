import { multiaddr } from "@multiformats/multiaddr"
import { testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { hostKey, isDialable, subnetKey } from "../src/peers/hosts.ts"

const ID = testIdentity(1).nodeId

describe("an address on another's word", () => {
  it.each([
    "/ip4/8.8.8.8/tcp/7470",
    `/ip4/8.8.8.8/tcp/1024/p2p/${ID}`,
    "/ip4/172.15.255.255/tcp/7470",
    "/ip4/172.32.0.0/tcp/7470",
    "/ip4/100.63.255.255/tcp/65535",
    "/ip4/223.255.255.255/tcp/7470",
    "/ip6/2a00:1450::1/tcp/7470",
    "/ip6/2600::/tcp/7470",
  ])("%s is dialled", (text) => {
    expect(isDialable(multiaddr(text), false)).toBe(true)
  })

  it.each([
    "/ip4/8.8.8.8/tcp/1023",
    "/ip4/8.8.8.8/tcp/22",
    "/ip4/0.0.0.0/tcp/7470",
    "/ip4/100.64.0.1/tcp/7470",
    "/ip4/192.0.2.1/tcp/7470",
    "/ip4/198.18.0.1/tcp/7470",
    "/ip4/198.51.100.1/tcp/7470",
    "/ip4/203.0.113.1/tcp/7470",
    "/ip4/224.0.0.251/tcp/7470",
    "/ip4/240.0.0.1/tcp/7470",
    "/ip4/255.255.255.255/tcp/7470",
    "/ip6/::/tcp/7470",
    "/ip6/::ffff:808:808/tcp/7470",
    "/ip6/64:ff9b::808:808/tcp/7470",
    "/ip6/fe80::1/tcp/7470",
    "/ip6/ff02::1/tcp/7470",
    "/ip6/2001::1/tcp/7470",
    "/ip6/2001:db8::1/tcp/7470",
    "/ip6/2002:7f00:1::/tcp/7470",
    "/ip6/3fff::1/tcp/7470",
    "/dns4/example.org/tcp/7470",
    "/dnsaddr/example.org",
    "/ip4/8.8.8.8/udp/7470/quic-v1",
    "/ip4/8.8.8.8/tcp/7470/ws",
    `/ip4/8.8.8.8/tcp/7470/p2p/${ID}/p2p-circuit`,
    `/p2p/${ID}`,
    "/unix/tmp%2Fsocket",
  ])("%s is not, also where the local network is allowed", (text) => {
    expect(isDialable(multiaddr(text), false)).toBe(false)
    expect(isDialable(multiaddr(text), true)).toBe(false)
  })

  it.each([
    "/ip4/127.0.0.1/tcp/7470",
    "/ip4/127.255.255.255/tcp/7470",
    "/ip4/10.0.0.1/tcp/7470",
    "/ip4/172.16.0.1/tcp/7470",
    "/ip4/172.31.255.255/tcp/7470",
    "/ip4/192.168.1.1/tcp/7470",
    "/ip4/169.254.169.254/tcp/7470",
    "/ip6/::1/tcp/7470",
    "/ip6/fd00::1/tcp/7470",
  ])("%s is dialled only where the local network is allowed", (text) => {
    expect(isDialable(multiaddr(text), false)).toBe(false)
    expect(isDialable(multiaddr(text), true)).toBe(true)
  })
})

describe("a host", () => {
  const key = (text: string): string | undefined => hostKey(multiaddr(text))
  const subnet = (text: string): string | undefined => subnetKey(multiaddr(text))

  it("is an IPv4 address or a /64 of IPv6", () => {
    expect(key("/ip4/8.8.8.8/tcp/1")).toBe(key("/ip4/8.8.8.8/tcp/2"))
    expect(key("/ip4/8.8.8.8/tcp/1")).not.toBe(key("/ip4/8.8.8.9/tcp/1"))
    expect(key("/ip6/2a00:1:2:3::1/tcp/1")).toBe(key("/ip6/2a00:1:2:3:ffff::/tcp/1"))
    expect(key("/ip6/2a00:1:2:3::1/tcp/1")).not.toBe(key("/ip6/2a00:1:2:4::1/tcp/1"))
    expect(key("/dns4/example.org/tcp/1")).toBeUndefined()
  })

  it("lies in a /24 of IPv4 or a /48 of IPv6", () => {
    expect(subnet("/ip4/8.8.8.8/tcp/1")).toBe(subnet("/ip4/8.8.8.9/tcp/1"))
    expect(subnet("/ip4/8.8.8.8/tcp/1")).not.toBe(subnet("/ip4/8.8.9.8/tcp/1"))
    expect(subnet("/ip6/2a00:1:2:3::1/tcp/1")).toBe(subnet("/ip6/2a00:1:2:4::1/tcp/1"))
    expect(subnet("/ip6/2a00:1:2::/tcp/1")).not.toBe(subnet("/ip6/2a00:1:3::/tcp/1"))
  })
})
