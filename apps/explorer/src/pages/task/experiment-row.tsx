import { type Experiment, type Metric, verdictWords } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import { memo, type ReactNode, useContext } from "react"
import { HoverContext, useIsHovered } from "../../chart/hover.ts"
import type { Point } from "../../chart/model.ts"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { ShapeIcon, shapeOf, statusWords, VerdictBadge } from "../../components/shapes.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatDelta, gainOver } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import styles from "./experiment-table.module.css"
import { ROW_LINK } from "./use-row-keys.ts"

interface RowProps {
  readonly row: Experiment
  /** The same of the graph, which events keep fresh. */
  readonly point: Point | undefined
  readonly parent: Point | undefined
  readonly metric: Metric
  readonly isPicked: boolean
  readonly onPick: (row: Experiment) => void
}

/** One experiment. Of a long list only the rows that changed are drawn again. */
export const ExperimentRow = memo(function ExperimentRow(props: RowProps): ReactNode {
  const { row, point, parent, metric, isPicked, onPick } = props
  const hover = useContext(HoverContext)
  const isHovered = useIsHovered(row.seq)
  const now = { ...row, ...point, node: row.node }
  // Of what has been judged anew since the list was loaded, the sentence is not known.
  const explanation = verdictWords(now) === verdictWords(row) ? row.explanation : undefined
  return (
    <tr
      role="row"
      data-row={row.id}
      className={isHovered ? styles.hovered : undefined}
      onPointerEnter={() => hover.set(row.seq)}
      onPointerLeave={() => hover.set(null)}
      onFocus={() => hover.set(row.seq)}
      onBlur={() => hover.set(null)}
    >
      <td role="cell" className={styles.pick}>
        <button
          type="button"
          role="checkbox"
          aria-checked={isPicked}
          aria-label="Pick to compare"
          onClick={() => onPick(row)}
        />
      </td>
      <td role="cell" className={`${tableStyles.number} ${styles.index}`}>
        <span>
          <ShapeIcon shape={shapeOf(now)} />
          {point?.number ?? ""}
        </span>
      </td>
      <td role="cell" className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: row.id }} {...{ [ROW_LINK]: "" }}>
          <ExperimentName row={row} max={90} />
        </Link>
      </td>
      <td role="cell" className={`${tableStyles.number} ${now.value === null ? styles.muted : styles.value}`}>
        {scoreWords(now, metric)}
      </td>
      <td role="cell" className={`${tableStyles.number} ${styles.change}`}>
        <Change row={row} value={now.value} parent={parent} metric={metric} />
      </td>
      <td role="cell" className={styles.status}>
        {statusWords(now)}
      </td>
      <td role="cell" className={styles.verdict}>
        {now.value === null ? "" : <VerdictBadge row={now} explanation={explanation} />}
      </td>
      <td role="cell" className={styles.node}>
        <NodeName id={row.node} name={row.node_name} />
      </td>
      <td role="cell" className={`${styles.agent} ${styles.wide}`}>
        <VisibleText text={row.agent} max={24} />
      </td>
      <td role="cell" className={styles.when}>
        <Ago time={row.created} />
      </td>
    </tr>
  )
}, isSame)

/** Points are made anew of the graph's columns each time. */
function isSame(before: RowProps, after: RowProps): boolean {
  const { point, parent, ...others } = before
  return (
    isEqual(others, { ...after, point: undefined, parent: undefined }) &&
    isEqual(point, after.point) &&
    isEqual(parent, after.parent)
  )
}

/** Whether both have the same fields, one by one. */
function isEqual(before: object | undefined, after: object | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  const known = new Map<string, unknown>(Object.entries(after))
  return Object.entries(before).every(([name, value]) => Object.is(value, known.get(name)))
}

/** The difference to the parent's value, and the parent's number in this class. */
function Change({
  row,
  value,
  parent,
  metric,
}: {
  row: Experiment
  value: number | null
  parent: Point | undefined
  metric: Metric
}): ReactNode {
  if (row.parent === null) return <span className={styles.muted}>baseline</span>
  const gain = gainOver(parent?.value, value, metric.goal)
  return (
    <>
      {gain !== null && (
        <span className={gain.isBetter ? styles.better : styles.muted}>{formatDelta(gain.delta, metric)}</span>
      )}
      {parent !== undefined && (
        <Link to="/e/$experimentId" params={{ experimentId: row.parent }} className={styles.parent} tabIndex={-1}>
          #{parent.number}
        </Link>
      )}
    </>
  )
}
