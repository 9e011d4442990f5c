import type { Experiment, Metric, Standing, Task } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Loading } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatPercent, formatValue, gainOver } from "../../lib/format.ts"
import { goalWords, valueWords, VERDICT_MEANING } from "../../lib/words.ts"
import styles from "./best-so-far.module.css"

/** The best of a task: how good, what made it so, and whether that can be trusted. */
export function BestSoFar({
  task,
}: {
  /** Undefined while it is on its way, null where there is none. */
  task: Task | null | undefined
}): ReactNode {
  return (
    <section className={styles.best} aria-label="Best so far">
      {task === undefined ? (
        <Loading />
      ) : task === null ? (
        <p className={styles.label}>Nothing has been measured yet, here or on a peer.</p>
      ) : (
        <OfTask task={task} />
      )}
    </section>
  )
}

function OfTask({ task }: { task: Task }): ReactNode {
  const [standing] = task.standings
  const best = standing?.best
  return (
    <>
      <p className={styles.label}>
        Best so far on{" "}
        <Link to="/t/$taskId" params={{ taskId: task.id }}>
          <VisibleText text={task.name} max={64} />
        </Link>
      </p>
      {standing === undefined || best === null || best === undefined ? (
        <NoResult task={task} />
      ) : (
        <Result best={best} standing={standing} metric={task.metric} />
      )}
    </>
  )
}

function NoResult({ task }: { task: Task }): ReactNode {
  return (
    <>
      <p className={styles.value}>No result yet</p>
      <p className={styles.text}>
        <VisibleText text={task.summary} max={200} />
      </p>
      <p className={styles.text}>
        Measured by <VisibleText text={task.metric.name} max={64} />, {goalWords(task.metric)}. The baseline comes
        first; then experiment after experiment tries to improve on it.
      </p>
    </>
  )
}

function Result({ best, standing, metric }: { best: Experiment; standing: Standing; metric: Metric }): ReactNode {
  const gain = best.parent === null ? null : gainOver(standing.baseline, best.value, metric.goal)
  return (
    <>
      <p className={styles.value}>
        {valueWords(best, metric)}
        <small>
          <VisibleText text={metric.name} max={64} />, {goalWords(metric)}
        </small>
      </p>
      <p className={styles.text}>
        {gain === null || gain.share === null ? (
          "The baseline itself: nothing better is known yet."
        ) : (
          <>
            <strong className={gain.isBetter ? styles.better : undefined}>{formatPercent(gain.share)}</strong> on the
            baseline, {formatValue(standing.baseline, metric)}
          </>
        )}
      </p>
      <p className={styles.what}>
        <Link to="/e/$experimentId" params={{ experimentId: best.id }}>
          <ExperimentName row={best} max={80} />
        </Link>
        <NodeName id={best.node} name={best.node_name} />
      </p>
      <p className={styles.trust}>
        <VerdictBadge row={best} /> <VisibleText text={trustWords(best)} max={320} />
      </p>
    </>
  )
}

/** Whether others found the same, in a sentence or two. */
function trustWords(best: Experiment): string {
  const reruns = best.verdict === "unverified" ? VERDICT_MEANING.unverified : sentence(best.explanation)
  if (best.promoted) return `Promoted by reruns of other keys. ${reruns}`
  return best.candidate ? `${reruns} Reruns by two other keys would promote it.` : reruns
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
