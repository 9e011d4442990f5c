import { type Experiment, type ExperimentDetail, verdictWords, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { ShapeIcon, shapeOf } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { formatDelta, formatCount, gainOver, plural } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import styles from "./lineage.module.css"

const route = getRouteApi("/e/$experimentId")

/** Ancestors shown at either end before the middle is folded. */
const ENDS = 5

/** The path from the baseline to this experiment, newest first; each step can be what the code is compared with. */
export function Lineage({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const lineage = useQuery(queries.lineage(experiment.id))
  const { all } = route.useSearch()
  const rows = lineage.data?.items ?? []
  const canFold = rows.length > 2 * ENDS + 1
  const isFolded = canFold && all !== true
  const hidden = rows.length - 2 * ENDS
  const isCut = typeof lineage.data?.next_cursor === "string"
  const missing = isCut ? null : (rows.at(-1)?.parent ?? null)
  const root = missing === null ? "the baseline" : "the oldest one here"
  return (
    <Card title="Lineage" aside={`${plural(experiment.depth, "change")} from ${root}`}>
      {lineage.isError ? (
        <Failure error={lineage.error} retry={() => void lineage.refetch()} />
      ) : lineage.data === undefined ? (
        <Loading lines={4} height={52 * Math.min(experiment.depth + 1, 2 * ENDS + 1)} />
      ) : (
        <ol className={styles.path}>
          {rows.map((row, i) => {
            if (isFolded && i >= ENDS && i < rows.length - ENDS) {
              return i === ENDS ? (
                <li key="folded" className={styles.folded}>
                  <FoldLink all>{formatCount(hidden)} more between</FoldLink>
                </li>
              ) : null
            }
            return <Step key={row.id} row={row} parent={rows[i + 1]} experiment={experiment} />
          })}
          {isCut && (
            <li className={styles.missing}>{formatCount(experiment.depth + 1 - rows.length)} more before that</li>
          )}
          {missing !== null && <li className={styles.missing}>{shortId(missing)} is not here</li>}
        </ol>
      )}
      {canFold && !isFolded && (
        <p className={styles.fold}>
          <FoldLink>Fold the middle</FoldLink>
        </p>
      )}
    </Card>
  )
}

function FoldLink({ all, children }: { all?: true; children: ReactNode }): ReactNode {
  return (
    <Link from="/e/$experimentId" to="." search={(now) => ({ ...now, all })} replace resetScroll={false}>
      {children}
    </Link>
  )
}

function Step({
  row,
  parent,
  experiment,
}: {
  row: Experiment
  parent: Experiment | undefined
  experiment: ExperimentDetail
}): ReactNode {
  const { against } = route.useSearch()
  const gain = parent?.class === row.class ? gainOver(parent.value, row.value, experiment.metric.goal) : null
  const isThis = row.id === experiment.id
  const isAgainst = against === row.id || (against === undefined && row.id === experiment.parent)
  const title = <ExperimentName row={row} max={64} />
  return (
    <li className={styles.step} aria-current={isThis ? "true" : undefined}>
      <span className={styles.mark}>
        <ShapeIcon shape={shapeOf(row)} />
      </span>
      <span className={styles.title}>
        {isThis ? (
          title
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
            {title}
          </Link>
        )}
      </span>
      <span className={styles.delta}>{gain === null ? "" : formatDelta(gain.delta, experiment.metric)}</span>
      <span className={styles.result}>
        <span>{scoreWords(row, experiment.metric)}</span>
        {row.value !== null && <span className={styles.verdict}>{verdictWords(row)}</span>}
        {!isThis && (
          <Link
            from="/e/$experimentId"
            to="."
            search={(now) => ({
              ...now,
              against: row.id === experiment.parent ? undefined : row.id,
              view: now.view === "code" ? undefined : now.view,
            })}
            hash="changes"
            replace
            className={styles.diff}
            aria-current={isAgainst ? "true" : undefined}
            title="Shows how the code differs from this one’s"
          >
            {isAgainst ? "shown" : "diff"}
          </Link>
        )}
      </span>
    </li>
  )
}
