import type { Control, ExperimentDetail, Rerun } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { NodeName } from "../../components/ids.tsx"
import { Ago } from "../../components/time.tsx"
import { formatCount, formatValue, plural } from "../../lib/format.ts"
import { OUTCOME_WORDS } from "../../lib/words.ts"
import styles from "./challenges.module.css"

/** The latest, since whoever makes keys can make as many as it likes. */
const MOST_EVENTS = 100

const REMARKS = {
  upheld: "remarks that the claim stands",
  rejected: "remarks that the claim does not stand",
  inconclusive: "remarks that it came to no conclusion",
}

/** Challenges, the reruns that answered them, and what challengers say came of it. Absent where there are none. */
export function Challenges({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const controls = useQuery(queries.disputes(experiment.id))
  const reruns = useQuery(queries.verifications(experiment.id))
  const comparison = useQuery(queries.comparison(experiment.id))
  const items = controls.data?.items ?? []
  if (items.length === 0) return null
  const responses = (reruns.data?.items ?? []).filter(({ kind }) => kind === "challenge_response")
  const acting = new Set(comparison.data?.acting_challenges)
  const events = [...items, ...responses].toSorted((a, b) => a.created - b.created || a.seq - b.seq)
  return (
    <Card title="Challenges">
      <p className={styles.words}>
        A challenge asks more keys to rerun it. What its author remarks in the end is believed by nobody: every node
        computes the verdict from the reruns.
      </p>
      {events.length > MOST_EVENTS && (
        <p className={styles.words}>
          The latest {MOST_EVENTS} of {formatCount(events.length)}; the API lists all.
        </p>
      )}
      <ol className={styles.list}>
        {events.slice(-MOST_EVENTS).map((event) => (
          <li key={event.id} className={styles.event}>
            <span>
              <NodeName id={event.node} name={event.node_name} />{" "}
              <Words event={event} isActing={acting.has(event.id)} experiment={experiment} />
            </span>
            <span className={styles.when}>
              <Ago time={event.created} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}

function Words({
  event,
  isActing,
  experiment,
}: {
  event: Control | Rerun
  isActing: boolean
  experiment: ExperimentDetail
}): ReactNode {
  if ("scores" in event) {
    const result = event.value === null ? OUTCOME_WORDS[event.outcome] : formatValue(event.value, experiment.metric)
    return `reran it, as asked: ${result}`
  }
  const evidence = plural(event.evidence.length, "rerun")
  if (event.outcome !== null) {
    return (
      <>
        {REMARKS[event.outcome]}
        <span className={styles.note}>, naming {evidence}</span>
      </>
    )
  }
  return (
    <>
      challenged it on {evidence}
      <span className={styles.note}>
        {isActing
          ? ": evidence against the claim, so it counts"
          : ": no evidence against the claim, so it has no effect"}
      </span>
    </>
  )
}
