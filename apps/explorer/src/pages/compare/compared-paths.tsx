import type { Experiment, ExperimentDetail, Page } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { ShapeIcon, shapeOf } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { formatCount, plural } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import { partingOf } from "./common-ancestor.ts"
import styles from "./compare-page.module.css"

/** Steps of a path shown before its middle is folded. */
const MAX_STEPS = 8

/** The youngest experiment that both come from, and the changes that each made since. */
export function ComparedPaths({ a, b }: { a: ExperimentDetail; b: ExperimentDetail }): ReactNode {
  const ofA = useQuery(queries.lineage(a.id))
  const ofB = useQuery(queries.lineage(b.id))
  const failed = ofA.error ?? ofB.error
  return (
    <Card title="Where they part">
      {failed !== null ? (
        <Failure error={failed} />
      ) : ofA.data === undefined || ofB.data === undefined ? (
        <Loading lines={3} height={120} />
      ) : (
        <Parting a={a} b={b} lineages={[ofA.data, ofB.data]} />
      )}
    </Card>
  )
}

function Parting({
  a,
  b,
  lineages: [ofA, ofB],
}: {
  a: ExperimentDetail
  b: ExperimentDetail
  lineages: readonly [Page<Experiment>, Page<Experiment>]
}): ReactNode {
  const { ancestor, pathA, pathB } = partingOf(ofA.items, ofB.items)
  const isCut = ofA.next_cursor !== null || ofB.next_cursor !== null
  return (
    <>
      <p className={styles.parting}>
        {ancestor === null ? (
          `They have no common ancestor${isCut ? ` among the last ${formatCount(ofA.items.length)} of A and ${formatCount(ofB.items.length)} of B` : " here"}.`
        ) : ancestor.id === a.id ? (
          <>B comes from A, by {plural(pathB.length, "change")}.</>
        ) : ancestor.id === b.id ? (
          <>A comes from B, by {plural(pathA.length, "change")}.</>
        ) : (
          <>
            Both come from{" "}
            <Link to="/e/$experimentId" params={{ experimentId: ancestor.id }}>
              <ExperimentName row={ancestor} max={64} />
            </Link>
            , {scoreWords(ancestor, a.metric)}.
          </>
        )}
      </p>
      <div className={styles.sides}>
        <Path name="A" path={pathA} experiment={a} />
        <Path name="B" path={pathB} experiment={b} />
      </div>
    </>
  )
}

function Path({
  name,
  path,
  experiment,
}: {
  name: string
  path: readonly Experiment[]
  experiment: ExperimentDetail
}): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const isFolded = !isOpen && path.length > MAX_STEPS
  const head = isFolded ? path.slice(0, MAX_STEPS / 2) : path
  const tail = isFolded ? path.slice(-MAX_STEPS / 2) : []
  return (
    <section aria-label={`The path of ${name}`}>
      <h3>
        {name}: {path.length === 0 ? "no change since" : plural(path.length, "change")}
      </h3>
      <ol className={styles.path}>
        {head.map((row) => (
          <PathStep key={row.id} row={row} experiment={experiment} />
        ))}
        {isFolded && (
          <li>
            <button type="button" className={styles.link} onClick={() => setOpen(true)}>
              {formatCount(path.length - head.length - tail.length)} more between
            </button>
          </li>
        )}
        {tail.map((row) => (
          <PathStep key={row.id} row={row} experiment={experiment} />
        ))}
      </ol>
    </section>
  )
}

function PathStep({ row, experiment }: { row: Experiment; experiment: ExperimentDetail }): ReactNode {
  return (
    <li>
      <ShapeIcon shape={shapeOf(row)} />
      <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
        <ExperimentName row={row} max={64} />
      </Link>
      <span className={styles.score}>{scoreWords(row, experiment.metric)}</span>
    </li>
  )
}
