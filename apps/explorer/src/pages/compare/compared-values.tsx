import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatDelta } from "../../lib/format.ts"
import { goalWords, scoreWords } from "../../lib/words.ts"
import styles from "./compare-page.module.css"
import { differenceOf, incomparableWords } from "./difference.ts"
import { ExperimentPicker } from "./experiment-picker.tsx"

/** The two, their values, and what lies between them. */
export function ComparedValues({
  a,
  b,
  onPick,
}: {
  a: ExperimentDetail
  b: ExperimentDetail
  onPick: (side: "a" | "b", id: string) => void
}): ReactNode {
  const { data: task } = useQuery(queries.task(b.task))
  const difference = differenceOf(a, b, b.metric, task?.replay_mode)
  return (
    <section className={styles.values} aria-label="Values">
      <div className={styles.sides}>
        <Side name="A" experiment={a} onPick={(id) => onPick("a", id)} />
        <Side name="B" experiment={b} onPick={(id) => onPick("b", id)} />
      </div>
      <p className={styles.difference}>
        {difference === null ? (
          incomparableWords(a, b)
        ) : (
          <>
            <span className={styles.label}>From A to B</span>
            <strong className={difference.isBetter ? styles.better : undefined}>
              {formatDelta(difference.delta, b.metric)}
            </strong>
            <span>
              {difference.delta !== 0 && `${difference.isBetter ? "Better" : "Worse"}, as ${goalWords(b.metric)}. `}
              {difference.words}
            </span>
          </>
        )}
      </p>
    </section>
  )
}

function Side({
  name,
  experiment,
  onPick,
}: {
  name: string
  experiment: ExperimentDetail
  onPick: (id: string) => void
}): ReactNode {
  return (
    <section className={styles.side} aria-label={`Experiment ${name}`}>
      <h2 className={styles.name}>
        <span className={styles.letter}>{name}</span>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={100} />
        </Link>
        <NetworkBadge of={experiment} />
      </h2>
      <p className={styles.value}>
        {scoreWords(experiment, experiment.metric)}{" "}
        <small>
          <VisibleText text={experiment.metric.name} max={64} />
        </small>
      </p>
      <p className={styles.state}>
        <StatusMark row={experiment} />
        {experiment.value !== null && <VerdictBadge row={experiment} explanation={experiment.explanation} />}
        <NodeName id={experiment.node} name={experiment.node_name} />
        <Link to="/t/$taskId" params={{ taskId: experiment.task }}>
          <VisibleText text={experiment.task_name} max={40} />
        </Link>
      </p>
      <details className={styles.another}>
        <summary>choose another</summary>
        <ExperimentPicker key={experiment.id} label={`Another for ${name}`} onPick={onPick} />
      </details>
    </section>
  )
}
