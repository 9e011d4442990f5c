import type { Improvement, Metric, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { DownloadMenu } from "../../components/download-menu.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatDelta, formatPercent, formatValue, gainOver } from "../../lib/format.ts"
import { Choice } from "./choice.tsx"
import { improvementsTable } from "./exports.ts"
import styles from "./improvements-tab.module.css"
import { NewPill } from "./list-parts.tsx"
import { useSteady } from "./use-steady.ts"

const route = getRouteApi("/t/$taskId")

/** What brought most: the largest gains over what was changed, each with its change. */
export function ImprovementsTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const { verified } = route.useSearch()
  const navigate = route.useNavigate()
  const improvements = useQuery(queries.improvements(task.id, hardwareClass, verified))
  const items = improvements.data?.items ?? []
  return (
    <div className={styles.part}>
      <div className={styles.tools}>
        <p className={styles.words}>
          Kept changes by how much better they are than the nearest kept one they build on.
        </p>
        <Choice
          label="What reruns say"
          value={verified === undefined ? "all" : verified ? "yes" : "no"}
          options={[
            ["all", "all"],
            ["yes", "reproduced or upheld"],
            ["no", "not yet"],
          ]}
          onChoose={(value) => {
            const change = { verified: value === "all" ? undefined : value === "yes", verdict: undefined }
            void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
          }}
        />
        <DownloadMenu table={improvementsTable([task.name, hardwareClass], items)} />
      </div>
      {improvements.isError ? (
        <Failure error={improvements.error} retry={() => void improvements.refetch()} />
      ) : improvements.data === undefined ? (
        <Loading lines={10} height={480} />
      ) : items.length === 0 ? (
        <Empty title={verified === undefined ? "Nothing was improved yet" : "No improvement is like this"}>
          A change counts here once it is kept: better than what it builds on by what the task counts as better.
        </Empty>
      ) : (
        <Ranking key={`${improvements.data.class} ${verified}`} items={items} metric={task.metric} />
      )}
    </div>
  )
}

function Ranking({ items, metric }: { items: readonly Improvement[]; metric: Metric }): ReactNode {
  const { rows, changes, show } = useSteady(items, ({ experiment }) => experiment.id)
  const largest = Math.max(...rows.map(({ gain }) => gain))
  return (
    <div className={styles.frame}>
      <NewPill count={changes} noun="change" onShow={show} isLoading={false} />
      <ol>
        {rows.map((item, i) => (
          <Item key={item.experiment.id} item={item} rank={i + 1} largest={largest} metric={metric} />
        ))}
      </ol>
    </div>
  )
}

function Item({
  item: { experiment, over, gain },
  rank,
  largest,
  metric,
}: {
  item: Improvement
  rank: number
  largest: number
  metric: Metric
}): ReactNode {
  const share = gainOver(over.value, experiment.value, metric.goal)?.share ?? null
  const delta = metric.goal === "minimize" ? -gain : gain
  return (
    <li className={styles.item}>
      <span className={styles.rank}>{rank}</span>
      <span className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={120} />
        </Link>
      </span>
      <span className={styles.gain}>
        <b>{formatDelta(delta, metric)}</b>
        <small>{share === null ? "" : formatPercent(share)}</small>
      </span>
      <span className={styles.bar} aria-hidden>
        <span style={{ width: `${largest === 0 ? 0 : (gain / largest) * 100}%` }} />
      </span>
      <span className={styles.note}>
        <span>
          {formatValue(over.value, metric)} → {formatValue(experiment.value, metric)} over{" "}
          <Link to="/e/$experimentId" params={{ experimentId: over.id }} className={styles.over}>
            <VisibleText text={over.title === "" ? "what it builds on" : over.title} max={60} />
          </Link>
        </span>
        <VerdictBadge row={experiment} explanation={experiment.explanation} />
        <NodeName id={experiment.node} name={experiment.node_name} />
        <Ago time={experiment.created} />
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }} hash="changes">
          diff
        </Link>
      </span>
    </li>
  )
}
