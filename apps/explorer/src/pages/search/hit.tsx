import { type SearchHit, shortId } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { Identicon } from "../../components/ids.tsx"
import { MarkedText } from "../../components/marked-text.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { scoreWords } from "../../lib/words.ts"
import styles from "./search-page.module.css"

/** One thing that was found, with the words that it was found by. */
export function Hit({ hit, q }: { hit: SearchHit; q: string }): ReactNode {
  switch (hit.kind) {
    case "experiment":
      return <ExperimentHit hit={hit} q={q} />
    case "task":
      return (
        <span className={styles.title}>
          <Link to="/t/$taskId" params={{ taskId: hit.id }} data-hit>
            <MarkedText text={hit.name} query={q} max={64} />
          </Link>
          <NetworkBadge of={hit} />
          <span className={styles.note}>
            <MarkedText text={hit.description} query={q} max={200} />
          </span>
        </span>
      )
    case "profile":
      return (
        <span className={styles.title}>
          <Link to="/n/$nodeId" params={{ nodeId: hit.profile.node }} className={styles.node} data-hit>
            <Identicon id={hit.profile.node} />
            <MarkedText text={hit.profile.display_name} query={q} max={64} />
            <code>{shortId(hit.profile.node)}</code>
          </Link>
          <span className={styles.note}>
            <MarkedText text={hit.profile.bio} query={q} max={200} />
          </span>
        </span>
      )
  }
}

function ExperimentHit({ hit, q }: { hit: Extract<SearchHit, { kind: "experiment" }>; q: string }): ReactNode {
  const { experiment, task_name: taskName, metric } = hit
  const isNamed = experiment.status !== "withheld" && experiment.title !== ""
  return (
    <>
      <span className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }} data-hit>
          {isNamed ? (
            <MarkedText text={experiment.title} query={q} max={100} />
          ) : (
            <ExperimentName row={experiment} max={100} />
          )}
        </Link>
        <NetworkBadge of={experiment} />
        <span className={styles.note}>
          {taskName === null ? (
            "task withheld here"
          ) : (
            <Link to="/t/$taskId" params={{ taskId: experiment.task }}>
              <VisibleText text={taskName} max={64} />
            </Link>
          )}
          {experiment.agent !== "" && (
            <>
              , by <MarkedText text={experiment.agent} query={q} max={40} />
            </>
          )}
          {", "}
          <Ago time={experiment.created} />
        </span>
      </span>
      <span className={styles.value}>
        {scoreWords(experiment, metric ?? { min_effect: 0 })}
        {experiment.value !== null && <VerdictBadge row={experiment} explanation={experiment.explanation} />}
      </span>
    </>
  )
}
