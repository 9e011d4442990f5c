import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { ActivityCard } from "../components/activity-card.tsx"
import { Card, Facts, Figures } from "../components/card.tsx"
import { CopyId, NodeName } from "../components/ids.tsx"
import { NodeTable } from "../components/node-table.tsx"
import { Empty, Failure, Loading } from "../components/states.tsx"
import tableStyles from "../components/table.module.css"
import { Ago } from "../components/time.tsx"
import { useTitle } from "../components/use-title.ts"
import { VisibleText } from "../components/visible-text.tsx"
import { formatCount } from "../lib/format.ts"
import styles from "./page.module.css"

const MODE_WORDS = {
  research: "research and verify",
  verify: "verify only",
  sync: "carry facts only",
}

/** This node and those it is connected to. */
export function NetworkPage(): ReactNode {
  useTitle("Network")
  const status = useQuery(queries.status())
  const stats = useQuery(queries.stats())
  const log = useQuery(queries.activityLog())
  const nodes = useQuery(queries.nodes())
  if (status.isError) return <Failure error={status.error} retry={() => void status.refetch()} />
  if (status.data === undefined) return <Loading height={400} />
  const { data } = status
  return (
    <div className={styles.page}>
      <h1>Network</h1>
      <Figures
        items={[
          { label: "Peers", value: formatCount(data.peers.length), note: "connected now" },
          { label: "Tasks", value: stats.data === undefined ? "–" : formatCount(stats.data.tasks) },
          { label: "Experiments", value: stats.data === undefined ? "–" : formatCount(stats.data.experiments) },
          { label: "Reruns", value: stats.data === undefined ? "–" : formatCount(stats.data.verifications) },
          {
            label: "Nodes",
            value: stats.data === undefined ? "–" : formatCount(stats.data.nodes),
            note: "that contributed",
          },
        ]}
      />
      <ActivityCard status={data} />
      {log.data !== undefined && log.data.lines.length > 0 && (
        <Card title="Output of the running job">
          <pre className={styles.log}>
            <VisibleText text={log.data.lines.slice(-12).join("\n")} />
          </pre>
        </Card>
      )}
      <Card title="Connected peers" flush>
        {data.peers.length === 0 ? (
          <Empty title="No peer is connected" command="spore run --peer HOST:PORT">
            Everything works alone. What is made here reaches others when a peer is found.
          </Empty>
        ) : (
          <div className={tableStyles.scroll}>
            <table className={tableStyles.table}>
              <thead>
                <tr>
                  <th scope="col">Node</th>
                  <th scope="col">Address</th>
                  <th scope="col">Dialled by</th>
                  <th scope="col">Latency</th>
                  <th scope="col">Carries</th>
                  <th scope="col">Connected</th>
                </tr>
              </thead>
              <tbody>
                {data.peers.map((peer) => (
                  <tr key={peer.node + peer.address}>
                    <td>
                      <NodeName id={peer.node} />
                    </td>
                    <td>
                      <code className={styles.address}>
                        <VisibleText text={peer.address} max={200} />
                      </code>
                    </td>
                    <td>
                      {peer.direction === "inbound" ? "them" : "us"}
                      {peer.relayed ? ", relayed" : ""}
                    </td>
                    <td>{peer.latency_ms === null ? "–" : `${formatCount(Math.round(peer.latency_ms))} ms`}</td>
                    <td>{peer.carries === null ? "–" : `${formatCount(peer.carries.facts)} facts`}</td>
                    <td>
                      <Ago time={peer.connected_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      <Card title="This node">
        <Facts
          rows={[
            ["Node id", <CopyId key="id" id={data.node} label="the node id" />],
            ["Version", data.version],
            ["Mode", MODE_WORDS[data.mode]],
            ["Started", <Ago key="t" time={data.started_at} />],
            ["Sandbox", `${data.sandbox.backend} (${data.sandbox.limits})`],
            [
              "Addresses",
              data.addresses.length === 0 ? (
                "none"
              ) : (
                <ul key="a">
                  {data.addresses.map((address) => (
                    <li key={address}>
                      <CopyId id={address} label="this address" />
                    </li>
                  ))}
                </ul>
              ),
            ],
          ]}
        />
      </Card>
      <Card title="Nodes that contributed" flush>
        {nodes.data === undefined ? <Loading /> : <NodeTable nodes={nodes.data.items} />}
      </Card>
    </div>
  )
}
