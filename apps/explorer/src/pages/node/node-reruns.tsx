import type { Residual } from "@spore/api/client"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatDelta, formatValue } from "../../lib/format.ts"
import { residualWords } from "../../lib/words.ts"
import { stanceWords } from "../experiment/claim-plot.tsx"
import { NodeList } from "./node-list.tsx"
import styles from "./node-reruns.module.css"
import { ResidualPlot } from "./residual-plot.tsx"

/** What a node's reruns found beside the claims they were about. */
export function NodeReruns({ nodeId, total }: { nodeId: string; total: number }): ReactNode {
  return (
    <NodeList
      title="Reruns beside the claims"
      noun="rerun"
      list={useInfiniteQuery(queries.residuals(nodeId))}
      total={total}
      renderAbove={(rows) => <ResidualPlot rows={rows} />}
      head={
        <>
          <th scope="col">Experiment</th>
          <th scope="col" className={tableStyles.number}>
            Result
          </th>
          <th scope="col" className={tableStyles.number}>
            To the claim
          </th>
          <th scope="col">Vote</th>
          <th scope="col">All reruns say</th>
          <th scope="col">When</th>
        </>
      }
      renderRow={(row) => <Row key={row.rerun.id} row={row} />}
    />
  )
}

function Row({ row }: { row: Residual }): ReactNode {
  const { rerun, experiment, metric, result, residual } = row
  const delta = result === null || experiment.claim === null ? null : result - experiment.claim
  return (
    <tr>
      <td className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={80} />
        </Link>
        <small>
          <VisibleText text={row.task_name} max={64} />
        </small>
      </td>
      <td className={tableStyles.number}>{result === null ? "no score" : formatValue(result, metric)}</td>
      <td className={tableStyles.number}>
        {residual !== null ? residualWords(residual) : delta !== null && formatDelta(delta, metric)}
      </td>
      <td className={styles.vote}>{stanceWords(row)}</td>
      <td>{experiment.value !== null && <VerdictBadge row={experiment} explanation={experiment.explanation} />}</td>
      <td className={styles.when}>
        <Ago time={rerun.created} />
      </td>
    </tr>
  )
}
