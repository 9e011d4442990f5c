import { type ExperimentDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card, Facts, Figures } from "../../components/card.tsx"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { CopyId, NodeName } from "../../components/ids.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatPercent, formatValue, gainOver, plural } from "../../lib/format.ts"
import {
  BASELINE_MEANING,
  className,
  goalWords,
  LEGACY_STATUS_MEANING,
  PROMOTED_MEANING,
  scoreWords,
  STATUS_MEANING,
} from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { Challenges } from "./challenges.tsx"
import { Changes } from "./changes.tsx"
import { Children } from "./children.tsx"
import styles from "./experiment-page.module.css"
import { Lineage } from "./lineage.tsx"
import { Log } from "./log.tsx"
import { RunCard } from "./run-card.tsx"
import { Verification } from "./verification.tsx"

const route = getRouteApi("/e/$experimentId")

/** One experiment: what it reached, what it changed, where it comes from and what reruns say. */
export function ExperimentPage(): ReactNode {
  const { experimentId } = route.useParams()
  const experiment = useQuery(queries.experiment(experimentId))
  useTitle(experiment.data === undefined ? undefined : titleOf(experiment.data))
  if (experiment.isError) return <Failure error={experiment.error} retry={() => void experiment.refetch()} />
  if (experiment.data === undefined) return <Loading height={600} />
  const { data } = experiment
  return (
    <article className={pageStyles.page} key={data.id}>
      <Header experiment={data} />
      <Result experiment={data} />
      <div className={pageStyles.columns}>
        <div className={pageStyles.column}>
          <Verification experiment={data} />
          <Challenges experiment={data} />
          {data.hypothesis !== "" && (
            <Card title="Hypothesis">
              <p className={styles.hypothesis}>
                <VisibleText text={data.hypothesis} />
              </p>
            </Card>
          )}
          {data.status !== "withheld" && <Changes experiment={data} />}
          <Log log={data.log} />
          <Children experiment={data} />
        </div>
        <aside className={pageStyles.column} aria-label="Details">
          <Lineage experiment={data} />
          <RunCard experiment={data} />
          <Identifiers experiment={data} />
        </aside>
      </div>
    </article>
  )
}

function titleOf({ title, id }: ExperimentDetail): string {
  return title === "" ? `Experiment ${shortId(id)}` : title
}

function Header({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  return (
    <header>
      <p className={pageStyles.crumbs}>
        <Link to="/">Tasks</Link>
        <span aria-hidden>/</span>
        <Link to="/t/$taskId" params={{ taskId: experiment.task }}>
          <VisibleText text={experiment.task_name} max={64} />
        </Link>
        <span aria-hidden>/</span>
      </p>
      <h1 className={styles.title}>
        {experiment.title === "" && experiment.status !== "withheld" ? (
          titleOf(experiment)
        ) : (
          <ExperimentName row={experiment} max={256} />
        )}
        <NetworkBadge of={experiment} />
      </h1>
      <p className={styles.byline}>
        <NodeName id={experiment.node} />
        {experiment.status !== "withheld" && (
          <span>
            proposed by <VisibleText text={experiment.agent === "" ? "nobody named" : experiment.agent} max={64} />
          </span>
        )}
        <Ago time={experiment.created} />
        <span>{className(experiment.class)}</span>
      </p>
    </header>
  )
}

function Result({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { metric, parent_experiment: parent, value } = experiment
  // Where keys are compared by their own baselines, the claim in the units of the value.
  const { data: comparison } = useQuery(queries.comparison(experiment.id))
  const claim = comparison?.claim ?? value
  const gain = parent !== null && parent.class === experiment.class ? gainOver(parent.value, value, metric.goal) : null
  const differs = value !== null && claim !== null && value !== claim
  return (
    <section className={styles.result} aria-label="Result">
      <Figures
        items={[
          {
            label: metric.name,
            value: scoreWords(experiment, metric),
            note: differs ? `claimed ${formatValue(claim, metric)}` : goalWords(metric),
          },
          {
            label: "To its parent",
            value: (
              <span className={gain?.isBetter === true ? styles.better : undefined}>
                {gain === null ? "–" : formatDelta(gain.delta, metric)}
              </span>
            ),
            note:
              parent === null
                ? experiment.parent === null
                  ? "this is the baseline"
                  : "its parent is not here"
                : gain === null
                  ? "not comparable"
                  : gain.share === null
                    ? ""
                    : formatPercent(gain.share),
          },
          {
            label: "Status",
            value: <StatusMark row={experiment} />,
            note: statusNote(experiment),
          },
          {
            label: "Reruns",
            value: <VerdictBadge row={experiment} explanation={experiment.explanation} />,
            note: rerunNote(experiment),
          },
        ]}
      />
      <p className={styles.meaning}>{statusMeaning(experiment)}</p>
    </section>
  )
}

function rerunNote({ voters, reproduced_by: agreeing, verdict }: ExperimentDetail): string {
  if (voters === 0) return "by nobody yet"
  if (verdict === "uncalibrated") return `by ${plural(voters, "key")}`
  return `${formatCount(agreeing)} of ${plural(voters, "key")} agree${voters === 1 ? "s" : ""}`
}

function statusNote({ promoted, frontier, candidate, parent }: ExperimentDetail): string {
  if (promoted) return frontier ? "on the frontier" : "a promoted one builds on it"
  if (parent === null) return frontier ? "on the frontier" : ""
  return candidate ? "a candidate for promotion" : ""
}

function statusMeaning(experiment: ExperimentDetail): string {
  if (experiment.network !== "spore") return LEGACY_STATUS_MEANING
  if (experiment.parent === null && experiment.status === "keep") return BASELINE_MEANING
  return experiment.promoted ? PROMOTED_MEANING : STATUS_MEANING[experiment.status]
}

function Identifiers({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  return (
    <Card title="Identifiers">
      <Facts
        rows={[
          ["Experiment", <CopyId key="e" id={experiment.id} label="the experiment id" />],
          ["Code", <CopyId key="c" id={experiment.code} label="the code’s CID" />],
          ["Author", <CopyId key="a" id={experiment.node} label="the author’s id" />],
          [
            "Signed bytes",
            experiment.status === "withheld" ? (
              "withheld here"
            ) : (
              <a key="p" href={`/api/v1/experiments/${experiment.id}/proof`}>
                payload and signature
              </a>
            ),
          ],
        ]}
      />
    </Card>
  )
}
