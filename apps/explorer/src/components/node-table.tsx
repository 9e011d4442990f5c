import type { NodeSummary } from "@spore/api/client"
import type { ReactNode } from "react"
import { formatCount } from "../lib/format.ts"
import { NodeName } from "./ids.tsx"
import { Empty } from "./states.tsx"
import styles from "./table.module.css"
import { Ago } from "./time.tsx"

/** Who contributed what. */
export function NodeTable({ nodes }: { nodes: readonly NodeSummary[] }): ReactNode {
  if (nodes.length === 0) return <Empty title="Nobody has contributed yet" />
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col" className={styles.number}>
              Experiments
            </th>
            <th scope="col" className={styles.number}>
              Kept
            </th>
            <th scope="col" className={styles.number}>
              Reruns
            </th>
            <th scope="col">Connected</th>
            <th scope="col">Last activity</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.id}>
              <td>
                <NodeName id={node.id} name={node.name} self={node.self} />
              </td>
              <td className={styles.number}>{formatCount(node.experiments)}</td>
              <td className={styles.number}>{formatCount(node.kept)}</td>
              <td className={styles.number}>{formatCount(node.verifications)}</td>
              <td>{node.self ? "–" : node.connected ? "connected" : "not now"}</td>
              <td>{node.last_activity === null ? "–" : <Ago time={node.last_activity} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
