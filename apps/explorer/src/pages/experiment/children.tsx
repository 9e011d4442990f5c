import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import tableStyles from "../../components/table.module.css"
import { formatDelta, gainOver } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"

/** What was tried from here, best first. Absent where nothing was. */
export function Children({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const children = useQuery(queries.children(experiment.id))
  const items = children.data?.items ?? []
  if (items.length === 0) return null
  const { metric } = experiment
  return (
    <Card
      title="Tried from here"
      aside={children.data?.next_cursor === null ? `${items.length}` : `the best ${items.length}`}
      flush
    >
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" className={tableStyles.number}>
                Score
              </th>
              <th scope="col" className={tableStyles.number}>
                To this
              </th>
              <th scope="col">Status</th>
              <th scope="col">Reruns say</th>
            </tr>
          </thead>
          <tbody>
            {items.map((row) => {
              const gain = row.class === experiment.class ? gainOver(experiment.value, row.value, metric.goal) : null
              return (
                <tr key={row.id}>
                  <td>
                    <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
                      <ExperimentName row={row} max={80} />
                    </Link>
                  </td>
                  <td className={tableStyles.number}>{scoreWords(row, metric)}</td>
                  <td className={tableStyles.number}>{gain === null ? "" : formatDelta(gain.delta, metric)}</td>
                  <td>
                    <StatusMark row={row} />
                  </td>
                  <td>{row.value === null ? "" : <VerdictBadge row={row} explanation={row.explanation} />}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </Card>
  )
}
