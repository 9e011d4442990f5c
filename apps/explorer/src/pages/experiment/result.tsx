import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatPercent, formatValue, gainOver, plural } from "../../lib/format.ts"
import {
  BASELINE_MEANING,
  goalWords,
  LEGACY_STATUS_MEANING,
  PROMOTED_MEANING,
  scoreWords,
  STATUS_MEANING,
  VERDICT_MEANING,
} from "../../lib/words.ts"
import { ProofSummary } from "./proof-card.tsx"
import styles from "./result.module.css"

/** What came of it, against what, how it stands, and whether that can be trusted: each answer with its reason below. */
export function Result({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { metric, value } = experiment
  // Where keys are compared by their own baselines, the claim in the units of the value.
  const { data: comparison } = useQuery(queries.comparison(experiment.id))
  const claim = comparison?.claim ?? value
  const differs = value !== null && claim !== null && value !== claim
  return (
    <section aria-label="Result">
      <dl className={styles.result}>
        <Part label={<VisibleText text={metric.name} max={64} />} value={scoreWords(experiment, metric)}>
          {differs && `claimed ${formatValue(claim, metric)}; `}
          {metric.unit !== "" && (
            <>
              <VisibleText text={metric.unit} max={32} />
              {", "}
            </>
          )}
          {goalWords(metric)}
        </Part>
        <Gain experiment={experiment} />
        <Part label="Status" value={<StatusMark row={experiment} />}>
          {statusMeaning(experiment)}
          {experiment.candidate && !experiment.promoted && " A candidate for promotion."}
        </Part>
        <Part label="Reruns" value={<VerdictBadge row={experiment} explanation={experiment.explanation} />}>
          {experiment.status !== "withheld" && experiment.outcome === "ok" && `${trustWords(experiment)} `}
          <ProofSummary experiment={experiment} />
        </Part>
      </dl>
    </section>
  )
}

function Gain({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { metric, parent_experiment: parent, value } = experiment
  const gain = parent !== null && parent.class === experiment.class ? gainOver(parent.value, value, metric.goal) : null
  return (
    <Part
      label="To its parent"
      value={
        <span className={gain?.isBetter === true ? styles.better : undefined}>
          {gain === null ? "–" : formatDelta(gain.delta, metric)}
        </span>
      }
    >
      {parent === null ? (
        experiment.parent === null ? (
          "this is the baseline"
        ) : (
          "its parent is not here"
        )
      ) : (
        <>
          {gain === null ? "not comparable to " : gainWords(gain.share)}
          <Link to="/e/$experimentId" params={{ experimentId: parent.id }}>
            <ExperimentName row={parent} max={48} />
          </Link>
          {parent.value !== null && `, ${formatValue(parent.value, metric)}`}
        </>
      )}
    </Part>
  )
}

function gainWords(share: number | null): string {
  if (share === null) return "over "
  const size = formatPercent(Math.abs(share)).replace("+", "")
  if (size.startsWith("±")) return "much the same as "
  return `${size} ${share > 0 ? "better" : "worse"} than `
}

function Part({ label, value, children }: { label: ReactNode; value: ReactNode; children: ReactNode }): ReactNode {
  return (
    <div className={styles.part}>
      <dt>{label}</dt>
      <dd className={styles.value}>{value}</dd>
      <dd className={styles.note}>{children}</dd>
    </div>
  )
}

function trustWords(experiment: ExperimentDetail): string {
  const { voters, reproduced_by: agreeing, verdict } = experiment
  if (voters === 0 || verdict === "uncalibrated") return VERDICT_MEANING[verdict]
  return `${formatCount(agreeing)} of ${plural(voters, "key")} agree${voters === 1 ? "s" : ""}. ${VERDICT_MEANING[verdict]}`
}

function statusMeaning(experiment: ExperimentDetail): string {
  if (experiment.status === "withheld") return STATUS_MEANING.withheld
  if (experiment.network !== "spore") return LEGACY_STATUS_MEANING
  if (experiment.parent === null && experiment.status === "keep") return BASELINE_MEANING
  return experiment.promoted ? PROMOTED_MEANING : STATUS_MEANING[experiment.status]
}
