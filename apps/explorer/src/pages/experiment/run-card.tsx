import type { ExperimentDetail, Metric } from "@spore/api/client"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatSeconds, formatValue } from "../../lib/format.ts"
import { OUTCOME_WORDS } from "../../lib/words.ts"
import styles from "./run-card.module.css"

/** The run as its record says it: Spore's own in words, one of the 0.6 network by its signed fields. */
export function RunCard({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { run, env, signed_fields: fields } = experiment
  if (run !== null && env !== null) return <MeasuredRun run={run} env={env} metric={experiment.metric} />
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
  run,
  env,
  metric,
}: {
  run: NonNullable<ExperimentDetail["run"]>
  env: NonNullable<ExperimentDetail["env"]>
  metric: Metric
}): ReactNode {
  return (
    <Card title="Run">
      <Facts
        rows={[
          ["Outcome", OUTCOME_WORDS[run.outcome]],
          [
            "Scores",
            run.scores.length === 0 ? "none" : run.scores.map((score) => formatValue(score, metric)).join(", "),
          ],
          ["Wall time", formatSeconds(run.seconds)],
          ["Steps", run.steps === null ? "–" : formatCount(run.steps)],
          ["Peak memory", run.peak_memory_mb === null ? "–" : `${formatCount(Math.round(run.peak_memory_mb))} MiB`],
          ["Accelerator", <VisibleText key="a" text={env.accelerator} max={128} />],
          ["System", <VisibleText key="s" text={`${env.os} ${env.arch}`} max={128} />],
          [
            "Runtime",
            <VisibleText
              key="r"
              text={Object.entries(env.runtime)
                .map(([name, version]) => `${name} ${version}`)
                .join(", ")}
              max={400}
            />,
          ],
          ["Sandbox", <VisibleText key="b" text={env.sandbox} max={64} />],
        ]}
      />
      {Object.keys(run.metrics).length > 0 && (
        <>
          <h3 className={styles.sub}>Other measurements</h3>
          <dl className={styles.metrics}>
            {Object.entries(run.metrics).map(([name, value]) => (
              <div key={name}>
                <dt>
                  <VisibleText text={name} max={64} />
                </dt>
                <dd>{Number(value.toPrecision(6)).toLocaleString("en", { maximumSignificantDigits: 6 })}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Card>
  )
}
