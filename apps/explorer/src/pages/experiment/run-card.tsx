import type { ExperimentDetail, Metric } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card, Facts } from "../../components/card.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatSeconds, formatValue } from "../../lib/format.ts"
import { OUTCOME_WORDS } from "../../lib/words.ts"
import { environmentRows, formatMeasurement } from "./measurements.ts"
import styles from "./run-card.module.css"

type Run = NonNullable<ExperimentDetail["run"]>

/** The run as its record says it: Spore's own in words, one of the 0.6 network by its signed fields. */
export function RunCard({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { run, env, signed_fields: fields } = experiment
  if (run !== null && env !== null) return <MeasuredRun experiment={experiment} run={run} env={env} />
  if (fields === null) return null
  return (
    <Card title="Signed fields" aside="sporemesh 0.6">
      <Facts
        rows={Object.entries(fields).map(([name, value]) => [
          name,
          <VisibleText key={name} text={value === null ? "–" : String(value)} max={400} />,
        ])}
      />
    </Card>
  )
}

function MeasuredRun({
  experiment,
  run,
  env,
}: {
  experiment: ExperimentDetail
  run: Run
  env: NonNullable<ExperimentDetail["env"]>
}): ReactNode {
  return (
    <Card title="Run">
      <Measurements experiment={experiment} run={run} />
      <h3 className={styles.sub}>Where</h3>
      <Facts
        rows={[
          [
            "Agent",
            <VisibleText key="a" text={experiment.agent === "" ? "nobody named" : experiment.agent} max={128} />,
          ],
          ...environmentRows(env).map(({ name, value }): [string, ReactNode] => [
            name,
            <VisibleText key={name} text={value} max={400} />,
          ]),
        ]}
      />
    </Card>
  )
}

/** What was measured, beside what the parent's run measured. */
function Measurements({ experiment, run }: { experiment: ExperimentDetail; run: Run }): ReactNode {
  const parentId = experiment.parent_experiment?.id ?? null
  const parent = useQuery({ ...queries.experiment(parentId ?? ""), enabled: parentId !== null })
  const before = parent.data?.run ?? null
  const names = Object.keys(run.metrics)
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Measurement</span>
          </th>
          <th scope="col">this</th>
          {parentId !== null && <th scope="col">its parent</th>}
        </tr>
      </thead>
      <tbody>
        <Row
          name="Outcome"
          now={OUTCOME_WORDS[run.outcome]}
          before={before && OUTCOME_WORDS[before.outcome]}
          hasParent={parentId !== null}
        />
        <Row
          name={run.scores.length > 1 ? "Scores" : "Score"}
          now={scoresOf(run, experiment.metric)}
          before={before && scoresOf(before, experiment.metric)}
          hasParent={parentId !== null}
        />
        {names.map((name) => (
          <Row
            key={name}
            name={<VisibleText text={name} max={64} />}
            now={formatMeasurement(run.metrics[name])}
            before={before && formatMeasurement(before.metrics[name])}
            hasParent={parentId !== null}
          />
        ))}
        <Row
          name="Wall time"
          now={formatSeconds(run.seconds)}
          before={before && formatSeconds(before.seconds)}
          hasParent={parentId !== null}
        />
        <Row name="Steps" now={stepsOf(run)} before={before && stepsOf(before)} hasParent={parentId !== null} />
        <Row name="Peak memory" now={memoryOf(run)} before={before && memoryOf(before)} hasParent={parentId !== null} />
      </tbody>
    </table>
  )
}

function Row({
  name,
  now,
  before,
  hasParent,
}: {
  name: ReactNode
  now: string
  before: string | null
  hasParent: boolean
}): ReactNode {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{now}</td>
      {hasParent && <td>{before ?? ""}</td>}
    </tr>
  )
}

/** All scores of a few replicates, of many their range. */
function scoresOf({ scores }: Run, metric: Metric): string {
  if (scores.length === 0) return "none"
  if (scores.length <= 3) return scores.map((score) => formatValue(score, metric)).join(" ")
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  return `${formatCount(scores.length)} from ${formatValue(low, metric)} to ${formatValue(high, metric)}`
}

function stepsOf({ steps }: Run): string {
  return steps === null ? "–" : formatCount(steps)
}

function memoryOf({ peak_memory_mb: peak }: Run): string {
  return peak === null ? "–" : `${formatCount(Math.round(peak))} MiB`
}
