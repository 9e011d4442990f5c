import type { ExperimentDetail } from "@spore/api/client"
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
import { formatCount, formatDelta, formatPercent, formatValue, gainOver } from "../../lib/format.ts"
import { shortId } from "../../lib/text.ts"
import {
  className,
  goalWords,
  LEGACY_STATUS_MEANING,
  scoreWords,
  STATUS_MEANING,
  VERDICT_MEANING,
} from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { Changes } from "./changes.tsx"
import { Children } from "./children.tsx"
import { Disputes, Reruns } from "./evidence.tsx"
import styles from "./experiment-page.module.css"
import { Lineage } from "./lineage.tsx"
import { Log } from "./log.tsx"
import { RunCard } from "./run-card.tsx"

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
          {data.hypothesis !== "" && (
            <Card title="Hypothesis">
              <p className={styles.hypothesis}>
                <VisibleText text={data.hypothesis} />
              </p>
            </Card>
          )}
          {data.status !== "withheld" && <Changes experiment={data} />}
          <Reruns experiment={data} />
          <Disputes experiment={data} />
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
  const { metric, parent_experiment: parent, value, claim } = experiment
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
            note: experiment.frontier ? "on the frontier" : experiment.candidate ? "a candidate" : "",
          },
          {
            label: "Reruns by others",
            value: `${formatCount(experiment.reproduced_by)} of ${formatCount(experiment.voters)}`,
            note: experiment.voters === 0 ? "none yet" : "keys found the same",
          },
        ]}
      />
      <div className={styles.verdict}>
        {experiment.status === "withheld" ? (
          <p className={styles.meaning}>{STATUS_MEANING.withheld}</p>
        ) : (
          <VerdictWords experiment={experiment} />
        )}
      </div>
    </section>
  )
}

function VerdictWords({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const meaning = experiment.network === "spore" ? STATUS_MEANING[experiment.status] : LEGACY_STATUS_MEANING
  return (
    <>
      <p>
        <VerdictBadge verdict={experiment.verdict} />
      </p>
      <p>
        <VisibleText text={experiment.explanation} max={500} />
      </p>
      <p className={styles.meaning}>
        {VERDICT_MEANING[experiment.verdict]}
        {experiment.verdict !== "refuted" && ` ${meaning}`}
      </p>
    </>
  )
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
