import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { scoreWords } from "../../lib/words.ts"
import { NodeList } from "./node-list.tsx"
import styles from "./node-reruns.module.css"

/** What a node tried. */
export function NodeExperiments({ nodeId, total }: { nodeId: string; total: number }): ReactNode {
  return (
    <NodeList
      title="Newest experiments"
      noun="experiment"
      list={useInfiniteQuery(queries.experiments({ node: nodeId, sort: "newest" }))}
      total={total}
      head={
        <>
          <th scope="col">Experiment</th>
          <th scope="col" className={tableStyles.number}>
            Value
          </th>
          <th scope="col">Status</th>
          <th scope="col">Reruns say</th>
          <th scope="col">When</th>
        </>
      }
      renderRow={(row) => (
        <tr key={row.id}>
          <td className={styles.title}>
            <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
              <ExperimentName row={row} max={80} />
            </Link>
            <NetworkBadge of={row} />
          </td>
          {/* Of many tasks: the digits are those of the value itself. */}
          <td className={tableStyles.number}>{scoreWords(row, { min_effect: 0 })}</td>
          <td>
            <StatusMark row={row} />
          </td>
          <td>{row.value !== null && <VerdictBadge row={row} explanation={row.explanation} />}</td>
          <td>
            <Ago time={row.created} />
          </td>
        </tr>
      )}
    />
  )
}
