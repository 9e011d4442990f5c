import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card, Facts, Figures } from "../../components/card.tsx"
import { CopyId, NodeName } from "../../components/ids.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatPercent, formatSeconds, formatValue, gainOver } from "../../lib/format.ts"
import { shortId } from "../../lib/text.ts"
import { className, goalWords, OUTCOME_WORDS, STATUS_MEANING, VERDICT_MEANING } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { Changes } from "./changes.tsx"
import { Children } from "./children.tsx"
import { Disputes, Reruns } from "./evidence.tsx"
import styles from "./experiment-page.module.css"
import { Lineage } from "./lineage.tsx"
import { Log } from "./log.tsx"

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
          <Changes experiment={data} />
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
        <VisibleText text={titleOf(experiment)} max={256} />
      </h1>
      <p className={styles.byline}>
        <NodeName id={experiment.node} />
        <span>
          proposed by <VisibleText text={experiment.agent === "" ? "nobody named" : experiment.agent} max={64} />
        </span>
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
            value: value === null ? OUTCOME_WORDS[experiment.outcome] : formatValue(value, metric),
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
                ? "this is the baseline"
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
        <p>
          <VerdictBadge verdict={experiment.verdict} />
        </p>
        <p>
          <VisibleText text={experiment.explanation} max={500} />
        </p>
        <p className={styles.meaning}>
          {VERDICT_MEANING[experiment.verdict]}
          {experiment.verdict !== "refuted" && ` ${STATUS_MEANING[experiment.status]}`}
        </p>
      </div>
    </section>
  )
}

function RunCard({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { run, env, metric } = experiment
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
            <a key="p" href={`/api/v1/experiments/${experiment.id}/proof`}>
              payload and signature
            </a>,
          ],
        ]}
      />
    </Card>
  )
}
