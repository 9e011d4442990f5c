import type { Control, ExperimentDetail, Rerun } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { NodeName } from "../../components/ids.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { formatDelta, formatValue } from "../../lib/format.ts"
import { shortId } from "../../lib/text.ts"
import { className, OUTCOME_WORDS, scoreWords } from "../../lib/words.ts"
import styles from "./evidence.module.css"

/** The claim beside every rerun of it. */
export function Reruns({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const reruns = useQuery(queries.verifications(experiment.id))
  const { metric } = experiment
  return (
    <Card title="Claim and reruns" aside={metric.name} flush>
      {reruns.isError ? (
        <Failure error={reruns.error} />
      ) : reruns.data === undefined ? (
        <div className={styles.pad}>
          <Loading lines={3} />
        </div>
      ) : (
        <div className={tableStyles.scroll}>
          <table className={tableStyles.table}>
            <thead>
              <tr>
                <th scope="col">By</th>
                <th scope="col" className={tableStyles.number}>
                  Score
                </th>
                <th scope="col" className={tableStyles.number}>
                  To the claim
                </th>
                <th scope="col">Counts as a vote</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              <tr className={styles.claim}>
                <td>
                  <NodeName id={experiment.node} />
                </td>
                <td className={tableStyles.number}>{scoreWords({ ...experiment, value: experiment.claim }, metric)}</td>
                <td className={tableStyles.number}>the claim</td>
                <td>no: its author’s own</td>
                <td>
                  <Ago time={experiment.created} />
                </td>
              </tr>
              {reruns.data.items.map((rerun) => (
                <RerunRow key={rerun.id} rerun={rerun} experiment={experiment} />
              ))}
            </tbody>
          </table>
          {reruns.data.items.length === 0 && (
            <p className={styles.none}>Nobody else has rerun it yet. Until then the score is a claim.</p>
          )}
        </div>
      )}
    </Card>
  )
}

function RerunRow({ rerun, experiment }: { rerun: Rerun; experiment: ExperimentDetail }): ReactNode {
  const { metric, claim } = experiment
  return (
    <tr>
      <td>
        <NodeName id={rerun.node} />
      </td>
      <td className={tableStyles.number}>
        {rerun.value === null ? OUTCOME_WORDS[rerun.outcome] : formatValue(rerun.value, metric)}
      </td>
      <td className={tableStyles.number}>
        {rerun.value === null || claim === null ? "–" : formatDelta(rerun.value - claim, metric)}
      </td>
      <td>{voteWords(rerun, experiment)}</td>
      <td>
        <Ago time={rerun.created} />
      </td>
    </tr>
  )
}

function voteWords(rerun: Rerun, experiment: ExperimentDetail): string {
  if (experiment.status === "withheld") return "the claim is withheld here"
  if (rerun.eligible) return "yes"
  if (rerun.node === experiment.node) return "no: its author’s own"
  if (rerun.class !== experiment.class) return `no: other hardware (${className(rerun.class)})`
  return "no"
}

const OUTCOMES = {
  upheld: "says that the claim stands",
  rejected: "says that the claim does not stand",
  inconclusive: "came to no conclusion",
}

/** Challenges and what their challengers say became of them. Absent where there are none. */
export function Disputes({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const disputes = useQuery(queries.disputes(experiment.id))
  const items = disputes.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Card title="Challenges" aside="remarks; the reruns above decide">
      <ol className={styles.list}>
        {items.map((control) => (
          <ControlItem key={control.id} control={control} />
        ))}
      </ol>
    </Card>
  )
}

function ControlItem({ control }: { control: Control }): ReactNode {
  const evidence = control.evidence.map((id) => shortId(id)).join(", ")
  return (
    <li className={styles.control}>
      <span>
        <NodeName id={control.node} />{" "}
        {control.outcome === null ? "challenged it and asks for more reruns" : OUTCOMES[control.outcome]}
        <span className={styles.evidence}> evidence {evidence}</span>
      </span>
      <span className={styles.when}>
        <Ago time={control.created} />
      </span>
    </li>
  )
}
