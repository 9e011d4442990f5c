import { openLink, type Link, type LinkInit } from "./link.ts"

/** What carries the traffic between nodes, numbered from 0. */
export interface Fabric extends AsyncDisposable {
  /** What it is, for reports. */
  readonly name: string
  /** Multiaddr for a node to listen on. */
  listen(node: number): string
  /** A command that runs a program where this node lives. */
  within(node: number): readonly string[]
  /** Tells where a node listens, after each of its starts. */
  placed(node: number, address: string): void
  /** The address under which one node dials another, whether that runs or not. */
  route(from: number, to: number): string
  /** Parts the nodes in `group` from all others. */
  part(group: ReadonlySet<number>): void
  /** Joins them again. */
  heal(): void
}

/** A line of the graph: the first dials the second. */
export type Edge = readonly [from: number, to: number]

/** Each line of the graph a link of its own, on loopback: any user can open that. */
export async function openLinks(edges: readonly Edge[], init: LinkInit = {}): Promise<Fabric> {
  const links = new Map<string, { edge: Edge; link: Link }>()
  for (const edge of edges) links.set(edge.join(), { edge, link: await openLink(init) })
  const { delayMs = 0, loss = 0 } = init
  return {
    name: delayMs > 0 || loss > 0 ? `links with ${delayMs} ms delay and ${loss * 100} % loss` : "links",
    listen: () => "/ip4/127.0.0.1/tcp/0",
    within: () => [],
    placed: (node, address) => {
      const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
      for (const { edge, link } of links.values()) if (edge[1] === node) link.target = port
    },
    route: (from, to) => {
      const found = links.get([from, to].join())
      if (found === undefined) throw new RangeError(`no line from ${from} to ${to}`)
      return `127.0.0.1:${found.link.port}`
    },
    part: (group) => {
      for (const { edge, link } of links.values()) if (group.has(edge[0]) !== group.has(edge[1])) link.cut()
    },
    heal: () => {
      for (const { link } of links.values()) link.join()
    },
    [Symbol.asyncDispose]: async () => {
      for (const { link } of links.values()) await link[Symbol.asyncDispose]()
    },
  }
}
