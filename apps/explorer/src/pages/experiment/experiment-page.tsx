import { type ExperimentDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { className } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { Challenges } from "./challenges.tsx"
import { Changes } from "./changes.tsx"
import { Children } from "./children.tsx"
import { CompareWith } from "./compare-with.tsx"
import styles from "./experiment-page.module.css"
import { Hypothesis } from "./hypothesis.tsx"
import { Lineage } from "./lineage.tsx"
import { Log } from "./log.tsx"
import { ProofCard } from "./proof-card.tsx"
import { Result } from "./result.tsx"
import { RunCard } from "./run-card.tsx"
import { useExperimentKeys } from "./use-experiment-keys.ts"
import { Verification } from "./verification.tsx"

const route = getRouteApi("/e/$experimentId")

/** One experiment: what it tried, what came of it, against what, and whether that can be trusted. */
export function ExperimentPage(): ReactNode {
  const { experimentId } = route.useParams()
  const experiment = useQuery(queries.experiment(experimentId))
  useTitle(experiment.data === undefined ? undefined : titleOf(experiment.data))
  if (experiment.isError) return <Failure isPage error={experiment.error} retry={() => void experiment.refetch()} />
  if (experiment.data === undefined) return <Loading height={900} />
  return <Loaded experiment={experiment.data} key={experiment.data.id} />
}

function Loaded({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  useExperimentKeys(experiment)
  const isWithheld = experiment.status === "withheld"
  // Of a run that failed, what it printed is the answer.
  const hasFailed = !isWithheld && experiment.outcome !== "ok"
  return (
    <article className={pageStyles.page}>
      <Header experiment={experiment} />
      <Result experiment={experiment} />
      <div className={pageStyles.columns}>
        <div className={pageStyles.column}>
          {hasFailed && <Log experiment={experiment} />}
          {!isWithheld && <Changes experiment={experiment} />}
          {!hasFailed && !isWithheld && <Verification experiment={experiment} />}
          <Challenges experiment={experiment} />
          {!hasFailed && <Log experiment={experiment} />}
          <Children experiment={experiment} />
          <ProofCard experiment={experiment} />
        </div>
        <aside className={pageStyles.column} aria-label="Details">
          <Lineage experiment={experiment} />
          <RunCard experiment={experiment} />
        </aside>
      </div>
    </article>
  )
}

function titleOf({ title, id }: ExperimentDetail): string {
  return title === "" ? `Experiment ${shortId(id)}` : title
}

function Header({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const isWithheld = experiment.status === "withheld"
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
        {experiment.title === "" && !isWithheld ? titleOf(experiment) : <ExperimentName row={experiment} max={256} />}
        <NetworkBadge of={experiment} />
      </h1>
      {experiment.hypothesis !== "" && <Hypothesis text={experiment.hypothesis} />}
      <div className={styles.byline}>
        <NodeName id={experiment.node} name={experiment.node_name} />
        {!isWithheld && (
          <span>
            proposed by <VisibleText text={experiment.agent === "" ? "nobody named" : experiment.agent} max={64} />
          </span>
        )}
        <Ago time={experiment.created} />
        <span>{className(experiment.class)}</span>
        {!isWithheld && <CompareWith experiment={experiment} />}
      </div>
    </header>
  )
}
