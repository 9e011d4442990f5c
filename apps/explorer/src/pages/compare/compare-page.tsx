import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { useTitle } from "../../components/use-title.ts"
import { scoreWords } from "../../lib/words.ts"
import { useTargets } from "../experiment/targets.ts"
import pageStyles from "../page.module.css"
import { ComparedCode } from "./compared-code.tsx"
import { ComparedCurves } from "./compared-curves.tsx"
import { ComparedFacts } from "./compared-facts.tsx"
import { ComparedPaths } from "./compared-paths.tsx"
import { ComparedValues } from "./compared-values.tsx"
import { ExperimentPicker } from "./experiment-picker.tsx"
import styles from "./compare-page.module.css"

const route = getRouteApi("/compare")

/** Two experiments side by side. */
export function ComparePage(): ReactNode {
  const { a, b } = route.useSearch()
  const navigate = route.useNavigate()
  useTitle("Compare")
  const pick = (side: "a" | "b", id: string): void =>
    void navigate({ search: (now) => ({ ...now, [side]: id }), resetScroll: false })
  return (
    <div className={pageStyles.page}>
      <header className={styles.header}>
        <h1>Compare</h1>
        {a !== undefined && b !== undefined && (
          <Link from="/compare" to="." search={(now) => ({ ...now, a: b, b: a })} replace resetScroll={false}>
            Swap A and B
          </Link>
        )}
      </header>
      {a === undefined || b === undefined ? (
        <Choosing a={a} b={b} onPick={pick} />
      ) : (
        <Compared a={a} b={b} onPick={pick} />
      )}
    </div>
  )
}

type OnPick = (side: "a" | "b", id: string) => void

function Choosing({ a, b, onPick }: { a: string | undefined; b: string | undefined; onPick: OnPick }): ReactNode {
  return (
    <Card>
      <div className={styles.sides}>
        {(["a", "b"] as const).map((side) => {
          const id = side === "a" ? a : b
          const name = side.toUpperCase()
          return (
            <section key={side} aria-label={`Experiment ${name}`} className={styles.choosing}>
              <h2>{name}</h2>
              {id === undefined ? (
                <ExperimentPicker label={`Experiment ${name}`} onPick={(picked) => onPick(side, picked)} />
              ) : (
                <Chosen id={id} onPick={(picked) => onPick(side === "a" ? "b" : "a", picked)} />
              )}
            </section>
          )
        })}
      </div>
    </Card>
  )
}

/** The one that is chosen, and what is near it to put beside it. */
function Chosen({ id, onPick }: { id: string; onPick: (id: string) => void }): ReactNode {
  const experiment = useQuery(queries.experiment(id))
  if (experiment.isError) return <Failure error={experiment.error} retry={() => void experiment.refetch()} />
  if (experiment.data === undefined) return <Loading lines={2} height={64} />
  return <ChosenExperiment experiment={experiment.data} onPick={onPick} />
}

function ChosenExperiment({
  experiment,
  onPick,
}: {
  experiment: ExperimentDetail
  onPick: (id: string) => void
}): ReactNode {
  const { parent, best, baseline } = useTargets(experiment)
  const near = [
    ["its parent", parent],
    ["the best", best],
    ["the baseline", baseline],
  ] as const
  return (
    <>
      <p>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={100} />
        </Link>
        , {scoreWords(experiment, experiment.metric)}
      </p>
      <p className={styles.near}>
        <span className={styles.note}>Put beside it</span>
        {near.map(
          ([words, other]) =>
            other !== null && (
              <button key={words} type="button" className={styles.link} onClick={() => onPick(other.id)}>
                {words}
              </button>
            ),
        )}
        <span className={styles.note}>or one that you find.</span>
      </p>
    </>
  )
}

function Compared({ a, b, onPick }: { a: string; b: string; onPick: OnPick }): ReactNode {
  const first = useQuery(queries.experiment(a))
  const second = useQuery(queries.experiment(b))
  const failed = first.isError ? first : second.isError ? second : null
  if (failed?.error !== undefined && failed.error !== null) {
    return (
      <>
        <Failure error={failed.error} retry={() => void failed.refetch()} />
        <Choosing a={first.isError ? undefined : a} b={second.isError ? undefined : b} onPick={onPick} />
      </>
    )
  }
  if (first.data === undefined || second.data === undefined) return <Loading height={700} lines={6} />
  const pair = { a: first.data, b: second.data }
  return (
    <>
      <ComparedValues {...pair} onPick={onPick} />
      {first.data.id === second.data.id ? (
        <Empty title="Both are the same experiment">Choose another for one of them.</Empty>
      ) : (
        <Parts {...pair} />
      )}
    </>
  )
}

function Parts(pair: { a: ExperimentDetail; b: ExperimentDetail }): ReactNode {
  return (
    <>
      <ComparedPaths {...pair} />
      <ComparedFacts {...pair} />
      <ComparedCode {...pair} />
      <ComparedCurves {...pair} />
    </>
  )
}
