import type { NodeStatus, Peer, Reach } from "@spore/api/client"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { CopyId, NodeName } from "../../components/ids.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount } from "../../lib/format.ts"
import styles from "./reach-card.module.css"

const STATE_WORDS: Record<Reach["state"], string> = {
  public: "directly, at a public address",
  relayed: "through a relay, and then directly where that works",
  local: "from this machine or its network only",
  none: "not at all: it listens nowhere",
}

/** How peers get here, and which relays help. */
export function ReachCard({ status }: { status: NodeStatus }): ReactNode {
  const { reach, addresses, peers } = status
  const relays = peers.filter(({ relays: isRelay }) => isRelay)
  return (
    <Card title="How peers reach this node">
      <Facts
        rows={[
          ["Reached", STATE_WORDS[reach.state]],
          ["Relays", <Relays key="r" relays={relays} />],
          ...(reach.serving === null ? [] : [["Relays for", <Serving key="s" serving={reach.serving} />] as const]),
          ["Addresses", <Addresses key="a" addresses={addresses} />],
          ...(reach.observed.length === 0
            ? []
            : [["Seen by peers at", <Observed key="o" addresses={reach.observed} />] as const]),
        ]}
      />
      {(reach.state === "local" || reach.state === "none") && (
        <p className={styles.hint}>Facts flow both ways over the connections that it opens itself.</p>
      )}
    </Card>
  )
}

function Relays({ relays }: { relays: readonly Peer[] }): ReactNode {
  if (relays.length === 0) return "none is connected"
  return (
    <ul className={styles.list}>
      {relays.map((peer) => (
        <li key={peer.node} className={styles.relay}>
          <NodeName id={peer.node} name={peer.name} />
          <span className={peer.reserved ? styles.good : styles.muted}>
            {peer.reserved ? "keeps a reservation" : "no reservation"}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Serving({ serving }: { serving: NonNullable<Reach["serving"]> }): ReactNode {
  return `${formatCount(serving.reservations)} of at most ${formatCount(serving.limit)} nodes`
}

function Addresses({ addresses }: { addresses: readonly string[] }): ReactNode {
  if (addresses.length === 0) return "none"
  return (
    <ul className={styles.list}>
      {addresses.map((address) => (
        <li key={address}>
          <CopyId id={address} label="this address" />
        </li>
      ))}
    </ul>
  )
}

function Observed({ addresses }: { addresses: readonly string[] }): ReactNode {
  return (
    <ul className={styles.list}>
      {addresses.map((address) => (
        <li key={address}>
          <code className={styles.address}>
            <VisibleText text={address} max={200} />
          </code>
        </li>
      ))}
    </ul>
  )
}
