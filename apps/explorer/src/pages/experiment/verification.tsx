import type { Comparison, ExperimentDetail, KeyResult } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { NodeName } from "../../components/ids.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatValue } from "../../lib/format.ts"
import { visibleText } from "../../lib/text.ts"
import { OUTCOME_WORDS, residualWords, STATUS_MEANING, valueWords } from "../../lib/words.ts"
import { PlotAxis, PlotLegend, PlotLine, stanceWords } from "./claim-plot.tsx"
import { type ClaimScale, claimScale, comparableResult } from "./claim-scale.ts"
import styles from "./verification.module.css"

/** Rows for the reruns that a claim needs at least, kept until they are there: the first ones move nothing. */
const WAITING = ["Nobody else has rerun it yet. Until then it is a claim.", "Two other keys can confirm or refute it."]
/** Keys shown before the reader asks for all. */
const FIRST_KEYS = 12

/** What reruns say of the claim, and how: the claim beside each key's result, as a plot that is a table. */
export function Verification({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const comparison = useQuery(queries.comparison(experiment.id))
  if (experiment.status === "withheld") {
    return (
      <Card title="Verification">
        <p>{STATUS_MEANING.withheld}</p>
      </Card>
    )
  }
  return (
    <Card title="Verification" aside={<VerdictBadge row={experiment} />} flush>
      <p className={styles.explanation}>
        <VisibleText text={experiment.explanation} max={600} />
        {experiment.voters === 0 && experiment.network === "spore" && (
          <span className={styles.invitation}>
            {" "}
            On hardware of its class, this reruns it: <code>spore verify {experiment.id.slice(0, 20)}</code>
          </span>
        )}
      </p>
      <div className={styles.plot}>
        {comparison.isError ? (
          <Failure error={comparison.error} retry={() => void comparison.refetch()} />
        ) : comparison.data === undefined ? (
          <Loading lines={4} height={240} />
        ) : (
          <Results experiment={experiment} comparison={comparison.data} />
        )}
      </div>
    </Card>
  )
}

function Results({ experiment, comparison }: { experiment: ExperimentDetail; comparison: Comparison }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const scale = claimScale(comparison, experiment.value)
  if (scale === null) {
    return <p className={styles.none}>Its run {OUTCOME_WORDS[experiment.outcome]}: there is no claim to rerun.</p>
  }
  const { results, keys } = comparison
  const shown = isOpen ? results : results.slice(0, FIRST_KEYS)
  return (
    <>
      <table className={styles.table}>
        <caption className="visually-hidden">
          The claim, the value and each key’s result in {visibleText(experiment.metric.name)};{" "}
          {bandWords(experiment, comparison)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col" className={styles.axis}>
              <span className="visually-hidden">Plot</span>
              <PlotAxis scale={scale} />
            </th>
            <th scope="col" className={styles.result}>
              Result
            </th>
            <th scope="col" className={styles.gap}>
              To the claim
            </th>
            <th scope="col" className={styles.vote}>
              Vote
            </th>
          </tr>
        </thead>
        <tbody>
          <ClaimRow experiment={experiment} comparison={comparison} scale={scale} />
          <ValueRow experiment={experiment} comparison={comparison} scale={scale} />
          {shown.map((result) => (
            <ResultRow
              key={result.node + (result.records[0] ?? "")}
              result={result}
              experiment={experiment}
              comparison={comparison}
              scale={scale}
            />
          ))}
          {WAITING.slice(results.length).map((words) => (
            <WaitingRow key={words} words={words} scale={scale} />
          ))}
        </tbody>
      </table>
      {results.length > shown.length && (
        <p className={styles.more}>
          <button type="button" onClick={() => setOpen(true)}>
            Show {formatCount(results.length - shown.length)} more
          </button>
        </p>
      )}
      {isOpen && keys > results.length && (
        <p className={styles.none}>
          The first {formatCount(results.length)} of {formatCount(keys)} keys; the API lists every rerun.
        </p>
      )}
      <footer className={styles.footer}>
        <PlotLegend
          hasBand={comparison.band !== null && comparison.band.low !== comparison.band.high}
          stances={new Set(results.map(({ stance }) => stance))}
        />
        <p className={styles.meaning}>
          {bandWords(experiment, comparison)}
          {comparison.own_baseline &&
            " Each key is compared as a difference from its own run of the baseline: a slow machine is no liar."}
        </p>
      </footer>
    </>
  )
}

/** What agrees with the claim, and why just that. */
function bandWords({ noise, metric }: ExperimentDetail, { band, claim }: Comparison): string {
  if (band === null) return "What agrees with the claim is not known before the noise of this hardware class is."
  if (noise !== null) {
    const limit = formatValue(band.high ?? band.low, metric)
    const side = band.high === null ? "at or above" : "at or below"
    return `A key’s result ${side} ${limit} agrees; the noise of this class, ${Number(noise.sd.toPrecision(2))} (${noise.df} df), does not explain a worse one.`
  }
  if (band.low === band.high) return `Only ${formatValue(claim, metric)} itself agrees: the task fixes the seeds.`
  const reach =
    band.low === null || band.high === null ? "" : ` ± ${Number(((band.high - band.low) / 2).toPrecision(2))}`
  return `Results of ${formatValue(claim, metric)}${reach} agree: the task’s tolerance.`
}

interface RowProps {
  experiment: ExperimentDetail
  comparison: Comparison
  scale: ClaimScale
}

function ClaimRow({ experiment, comparison, scale }: RowProps): ReactNode {
  return (
    <tr>
      <th scope="row">
        <span className={styles.label}>Claim</span>
        <NodeName id={experiment.node} name={experiment.node_name} />
      </th>
      <td className={styles.cell}>
        <PlotLine scale={scale} mark="claim" result={comparison.claim} scores={comparison.scores} />
      </td>
      <td className={styles.result}>{formatValue(comparison.claim, experiment.metric)}</td>
      <td className={styles.gap} />
      <td className={styles.vote}>
        <small>
          the author’s, <Ago time={experiment.created} />
        </small>
      </td>
    </tr>
  )
}

function ValueRow({ experiment, comparison: { claim, results }, scale }: RowProps): ReactNode {
  const { value, metric } = experiment
  const reruns = results.length
  return (
    <tr className={styles.value}>
      <th scope="row">
        <span className={styles.label}>Value</span>
      </th>
      <td className={styles.cell}>
        <PlotLine scale={scale} mark="value" result={value} error={experiment.error} />
      </td>
      <td className={styles.result}>{valueWords(experiment, metric)}</td>
      <td className={styles.gap}>{value === null || claim === null ? "" : formatDelta(value - claim, metric)}</td>
      <td className={styles.vote}>
        <small>{reruns === 0 ? "the claim, until reruns say" : "the median, at best the claim"}</small>
      </td>
    </tr>
  )
}

function WaitingRow({ words, scale }: { words: string; scale: ClaimScale }): ReactNode {
  return (
    <tr>
      <th scope="row" className={styles.waiting}>
        waiting
      </th>
      <td className={styles.cell}>
        <PlotLine scale={scale} mark="unjudged" result={null} />
      </td>
      <td colSpan={3} className={styles.waiting}>
        <small>{words}</small>
      </td>
    </tr>
  )
}

function ResultRow({ result, experiment, comparison, scale }: RowProps & { result: KeyResult }): ReactNode {
  const { metric } = experiment
  const { claim } = comparison
  const comparable = comparableResult(result, comparison.own_baseline)
  return (
    <tr>
      <th scope="row">
        <NodeName id={result.node} name={result.node_name} />
      </th>
      <td className={styles.cell}>
        <PlotLine scale={scale} mark={result.stance} result={comparable} scores={result.scores} />
      </td>
      <td className={styles.result}>
        {result.result === null ? "no score" : formatValue(result.result, metric)}
        <small className={styles.narrow}>{stanceWords(result)}</small>
      </td>
      <td className={styles.gap}>
        {comparable !== null && claim !== null && formatDelta(comparable - claim, metric)}
        {result.residual !== null && <small>{residualWords(result.residual)}</small>}
      </td>
      <td className={styles.vote}>
        {stanceWords(result)}
        <small>{result.created === null ? "as its own experiment" : <Ago time={result.created} />}</small>
      </td>
    </tr>
  )
}
