/** Ways to talk to anybody outside the sandbox. "Outside" is another address of this machine, never a foreign host. */
import { type Attack, secret } from "../attack.ts"

const connectAndRead = (target: string): string => `
  const { connect } = await import("node:net")
  const socket = connect(${target})
  for await (const chunk of socket) return String(chunk)
  throw new Nothing("nothing said")`

export const networkAttacks: Attack[] = [
  {
    attack: "TCP to loopback",
    name: "connect to a port on loopback",
    attempt: connectAndRead(`Number(env.TCP_PORT), "127.0.0.1"`),
    expected: secret,
    outside: "works",
  },
  {
    attack: "TCP to loopback",
    name: "connect to a port on loopback by IPv6",
    attempt: connectAndRead(`Number(env.TCP6_PORT), "::1"`),
    expected: secret,
    outside: "works",
  },
  {
    attack: "TCP to outside",
    name: "connect to an address outside of loopback",
    attempt: `
      if (env.OUTSIDE_ADDRESS === "") throw Object.assign(new Error("this machine has no other address"), { code: "NOADDRESS" })
      ${connectAndRead(`Number(env.OUTSIDE_PORT), env.OUTSIDE_ADDRESS`)}`,
    expected: secret,
    outside: "may be refused",
  },
  {
    attack: "TCP to outside",
    name: "see a network interface other than loopback",
    attempt: `
      const outer = Object.values(networkInterfaces()).flat().filter((address) => !address.internal)
      if (outer.length === 0) throw Object.assign(new Error("only loopback"), { code: "NOADDRESS" })
      return "done"`,
    outside: "may be refused",
  },
  {
    attack: "DNS",
    name: "ask a name server",
    attempt: `
      const { Resolver } = await import("node:dns/promises")
      const resolver = new Resolver({ timeout: 1000, tries: 1 })
      resolver.setServers(["127.0.0.1:" + env.DNS_PORT])
      return String(await resolver.resolveTxt("canary.spore.test"))`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "path unix sockets",
    name: "connect to a unix socket by its path",
    attempt: connectAndRead(`env.SOCKET_FILE`),
    expected: secret,
    outside: "works",
  },
  {
    attack: "abstract unix sockets",
    name: "connect to an abstract unix socket",
    attempt: connectAndRead(`"\\0" + env.ABSTRACT_SOCKET`),
    expected: secret,
    outside: "works",
  },
  {
    attack: "vsock",
    name: "open a vsock, which no network namespace holds back",
    language: "python",
    attempt: `socket.socket(40, socket.SOCK_STREAM)`,
    outside: "may be refused",
  },
  {
    attack: "AF_ALG",
    name: "open a socket to the kernel's ciphers",
    language: "python",
    attempt: `socket.socket(38, socket.SOCK_SEQPACKET)`,
    outside: "may be refused",
  },
  {
    attack: "AF_PACKET",
    name: "open a socket that hears every packet",
    language: "python",
    attempt: `
      first(
        lambda: socket.socket(17, socket.SOCK_RAW, socket.htons(3)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
      )`,
    outside: "may be refused",
  },
  {
    attack: "host name",
    name: "learn the host's name",
    attempt: `if (hostname() !== env.HOST_NAME) throw new Nothing("another name"); return "done"`,
    outside: "works",
  },
]
