import type { Peer } from "@spore/api/client"
import { SporeError } from "@spore/records"
import type { Context, Output } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { shortNode } from "../ids.ts"
import { formatAgo } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"

/** Terminals narrower than this show what matters most. */
const WIDE = 118
const LONGEST_AGENT = 20

/** A peer with the name that it gave itself, where its profile is here. */
interface PeerLine {
  readonly peer: Peer
  readonly name: string | null
}

/** Lists whom the running node is connected with. */
export async function run({ dataDir, json, output }: Context): Promise<void> {
  const lines = await named(dataDir, await peersOf(dataDir))
  if (json) output.print(safeJson({ peers: lines.map(({ peer, name }) => ({ ...peer, display_name: name })) }))
  else if (lines.length > 0 || !output.isTerminal) printTable(output, columns(output), lines)
  else output.tell("connected to nobody\nnext: spore connect ADDRESS")
}

async function peersOf(dataDir: string): Promise<readonly Peer[]> {
  const live = await askRunning(dataDir)
  if (live === null) {
    throw new SporeError("node_not_running", "no node runs on this data folder, so it has no peers", {
      next: "start it with: spore run",
    })
  }
  if (live.status !== null) return live.status.peers
  throw cliError("control_unavailable", "the node that runs here does not answer at the moment", {
    next: "spore status",
  })
}

async function named(dataDir: string, peers: readonly Peer[]): Promise<PeerLine[]> {
  const store = await openFacts(dataDir)
  try {
    const lines: PeerLine[] = []
    for (const peer of peers) lines.push({ peer, name: (await store.profile(peer.node))?.displayName || null })
    return lines
  } finally {
    await store.close()
  }
}

function columns(output: Output): Column<PeerLine>[] {
  const programsOnly = output.size().columns < WIDE
  const now = Date.now() / 1000
  return [
    { key: "node", value: ({ peer }) => peer.node, show: ({ peer }) => shortNode(peer.node) },
    { key: "name", value: ({ name }) => name, flexible: true },
    { key: "address", value: ({ peer }) => peer.address, show: ({ peer }) => shortAddress(peer) },
    { key: "direction", value: ({ peer }) => peer.direction, programsOnly },
    { key: "since", value: ({ peer }) => peer.connected_at, show: ({ peer }) => formatAgo(now - peer.connected_at) },
    { key: "relayed", value: ({ peer }) => peer.relayed, programsOnly: true },
    { key: "latency_ms", value: ({ peer }) => rounded(peer.latency_ms), align: "right" },
    { key: "score", value: ({ peer }) => rounded(peer.score), align: "right" },
    { key: "tasks", value: ({ peer }) => peer.carries?.tasks ?? null, align: "right", programsOnly },
    { key: "facts", value: ({ peer }) => peer.carries?.facts ?? null, align: "right" },
    {
      key: "agent",
      value: ({ peer }) => peer.agent,
      show: ({ peer }) => plain(peer.agent ?? "–").slice(0, LONGEST_AGENT),
      programsOnly,
    },
  ]
}

/** `192.0.2.1:7470`, or through which relay. */
function shortAddress({ address, relayed }: Peer): string {
  const relay = /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1]
  if (relay !== undefined) return `via ${shortNode(relay)}`
  if (relayed) return "via a relay"
  const { kind, host, port } = /^\/(?<kind>[a-z0-9]+)\/(?<host>[^/]+)\/tcp\/(?<port>\d+)/.exec(address)?.groups ?? {}
  if (host === undefined) return address
  return kind === "ip6" ? `[${host}]:${port}` : `${host}:${port}`
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(1))
}
