import type { Peer, PeerSync } from "@spore/api/client"
import type { ReactNode } from "react"
import { NodeName } from "../../components/ids.tsx"
import { Empty } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, plural } from "../../lib/format.ts"
import styles from "./peer-table.module.css"

/** Those this node is connected to, and how far facts are exchanged with each. */
export function PeerTable({ peers }: { peers: readonly Peer[] }): ReactNode {
  if (peers.length === 0) {
    return (
      <Empty title="No peer is connected" command="spore connect HOST:PORT">
        Everything works alone. What is made here reaches others when a peer is found.
      </Empty>
    )
  }
  return (
    <>
      <p className={styles.lead}>
        In step: when last compared, both held all facts of what both follow. New ones pass at once, between
        comparisons.
      </p>
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Sync</th>
              <th scope="col" className={tableStyles.number}>
                Received
              </th>
              <th scope="col" className={tableStyles.number}>
                Sent
              </th>
              <th scope="col" className={tableStyles.number}>
                Carries
              </th>
              <th scope="col">Way</th>
              <th scope="col" className={tableStyles.number}>
                Round trip
              </th>
              <th scope="col" className={tableStyles.number}>
                <abbr title="0 without blame; broken rules lower it, until the peer is cut off">Score</abbr>
              </th>
              <th scope="col">Connected</th>
            </tr>
          </thead>
          <tbody>
            {peers.map((peer) => (
              <Row key={peer.node} peer={peer} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Row({ peer }: { peer: Peer }): ReactNode {
  const { sync, carries } = peer
  return (
    <tr>
      <td>
        <NodeName id={peer.node} name={peer.name} />
        <small className={styles.note}>
          <VisibleText text={peer.agent ?? "says nothing of itself"} max={32} />
          {peer.relays && ", relays for others"}
        </small>
      </td>
      <td className={styles.sync}>
        <SyncState sync={sync} />
      </td>
      <td className={tableStyles.number}>{formatCount(sync.received)}</td>
      <td className={tableStyles.number}>{formatCount(sync.sent)}</td>
      <td className={tableStyles.number}>
        {carries === null ? (
          "–"
        ) : (
          <>
            {formatCount(carries.facts)}
            <small className={styles.note}>{plural(carries.tasks, "task")}</small>
          </>
        )}
      </td>
      <td className={styles.way}>
        {peer.direction === "inbound" ? "dialled us" : "dialled by us"}
        {peer.relayed && ", through a relay"}
        <code className={styles.note}>
          <VisibleText text={shortAddress(peer.address)} max={120} />
        </code>
      </td>
      <td className={tableStyles.number}>
        {peer.latency_ms === null ? "–" : `${formatCount(Math.round(peer.latency_ms))} ms`}
      </td>
      <td className={tableStyles.number}>{peer.score.toLocaleString("en").replace("-", "\u2212")}</td>
      <td>
        <Ago time={peer.connected_at} />
      </td>
    </tr>
  )
}

function SyncState({ sync }: { sync: PeerSync }): ReactNode {
  const { running, synced_at: syncedAt, complete, failure } = sync
  const words = failure !== null ? "failed" : syncedAt === null ? "not compared yet" : complete ? "in step" : "behind"
  return (
    <>
      <span className={failure === null && complete ? styles.good : failure === null ? undefined : styles.bad}>
        {running ? "comparing" : words}
      </span>
      <small className={styles.note}>
        {failure !== null && !running && <VisibleText text={`${failure.replaceAll("_", " ")}; it is tried again. `} />}
        {syncedAt !== null && <Ago time={syncedAt} />}
      </small>
    </>
  )
}

/** Without the node id at its end, which is shown already. */
function shortAddress(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, "")
}
