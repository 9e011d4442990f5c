import type { Experiment, Standing, TaskDetail } from "@spore/api/client"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { client, queries } from "../../api.ts"
import { ChartShell } from "../../chart/chart-shell.tsx"
import { createHover, HoverContext } from "../../chart/hover.ts"
import { ProgressChart } from "../../chart/progress-chart.tsx"
import { Card, Figures } from "../../components/card.tsx"
import { NetworkBadge } from "../../components/experiment-name.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatPercent, formatValue, gainOver } from "../../lib/format.ts"
import { className, goalWords, PROMOTED_MEANING, standingWords, valueWords } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { AboutTab } from "./about-tab.tsx"
import { ActivityTab } from "./activity-tab.tsx"
import { Choice } from "./choice.tsx"
import { ExperimentsTab } from "./experiments-tab.tsx"
import { FrontierTab } from "./frontier-tab.tsx"
import { NodesTab } from "./nodes-tab.tsx"
import styles from "./task-page.module.css"
import { type Tab, TABS } from "./task-search.ts"

const route = getRouteApi("/t/$taskId")

/** One task: how far the search has come, what can be trusted, and every experiment. */
export function TaskPage(): ReactNode {
  const { taskId } = route.useParams()
  const task = useQuery(queries.task(taskId))
  useTitle(task.data?.name)
  if (task.isError) return <Failure error={task.error} retry={() => void task.refetch()} />
  if (task.data === undefined) return <Loading height={600} />
  return <TaskView key={task.data.id} task={task.data} />
}

function TaskView({ task }: { task: TaskDetail }): ReactNode {
  const search = route.useSearch()
  const [hover] = useState(createHover)
  const hardwareClass = search.class ?? task.standings[0]?.class ?? ""
  const standing = task.standings.find((one) => one.class === hardwareClass)
  const tab = search.tab ?? "experiments"
  return (
    <HoverContext value={hover}>
      <div className={pageStyles.page}>
        <header className={styles.header}>
          <div className={styles.heading}>
            <p className={pageStyles.crumbs}>
              <Link to="/">Tasks</Link>
              <span aria-hidden>/</span>
            </p>
            <h1>
              <VisibleText text={task.name} max={64} />
              <NetworkBadge of={task} />
            </h1>
            <p className={pageStyles.lead}>
              <VisibleText text={task.metric.name} max={64} />
              {task.metric.unit !== "" && (
                <>
                  {" ("}
                  <VisibleText text={task.metric.unit} max={32} />)
                </>
              )}
              , {goalWords(task.metric)}
              {task.followed && " · followed by this node"}
            </p>
          </div>
          {task.standings.length > 1 && <ClassChoice standings={task.standings} chosen={hardwareClass} />}
        </header>
        <Standings task={task} standing={standing} hardwareClass={hardwareClass} />
        <Chart task={task} hardwareClass={hardwareClass} />
        <div>
          <Tabs tab={tab} standing={standing} />
          <section className={styles.panel} role="tabpanel" aria-label={TAB_WORDS[tab]}>
            {tab === "experiments" && <ExperimentsTab task={task} hardwareClass={hardwareClass} />}
            {tab === "frontier" && <FrontierTab task={task} hardwareClass={hardwareClass} />}
            {tab === "activity" && <ActivityTab task={task} />}
            {tab === "nodes" && <NodesTab task={task} />}
            {tab === "about" && <AboutTab task={task} />}
          </section>
        </div>
      </div>
    </HoverContext>
  )
}

function ClassChoice({ standings, chosen }: { standings: readonly Standing[]; chosen: string }): ReactNode {
  const navigate = route.useNavigate()
  return (
    <label className={styles.class}>
      <span>Hardware class</span>
      <select
        value={chosen}
        onChange={(event) => {
          void navigate({ search: (old) => ({ ...old, class: event.target.value }), replace: true, resetScroll: false })
        }}
      >
        {standings.map((standing) => (
          <option key={standing.class} value={standing.class}>
            {className(standing.class)} ({formatCount(standing.experiments)})
          </option>
        ))}
      </select>
    </label>
  )
}

function Standings({
  task,
  standing,
  hardwareClass,
}: {
  task: TaskDetail
  standing: Standing | undefined
  hardwareClass: string
}): ReactNode {
  const { data: frontier } = useQuery(queries.frontier(task.id, hardwareClass))
  const tied = frontier?.frontier.filter((row) => row.tied).length ?? 0
  const best = standing?.best ?? null
  const gain = gainOver(standing?.baseline, best?.value, task.metric.goal)
  return (
    <div>
      <Figures
        items={[
          {
            label: "Best",
            value:
              best === null ? (
                "–"
              ) : (
                <Link to="/e/$experimentId" params={{ experimentId: best.id }} className={styles.best}>
                  {valueWords(best, task.metric)}
                </Link>
              ),
            note: bestNote(best),
          },
          {
            label: "Against the baseline",
            value: (
              <span className={gain?.isBetter === true ? styles.better : undefined}>
                {gain === null
                  ? "–"
                  : gain.share === null
                    ? formatDelta(gain.delta, task.metric)
                    : formatPercent(gain.share)}
              </span>
            ),
            note: standing === undefined ? "" : `baseline ${formatValue(standing.baseline, task.metric)}`,
          },
          {
            label: "Experiments",
            value: formatCount(standing?.experiments ?? 0),
            note: `${formatCount(standing?.frontier ?? 0)} on the frontier${tied > 1 ? `, ${formatCount(tied)} tied for best` : ""}`,
          },
          {
            label: "Nodes",
            value: formatCount(standing?.nodes ?? 0),
            note: (standing?.nodes ?? 0) === 1 ? "seen from one key only" : "ran something in this class",
          },
          { label: "Last activity", value: <Ago time={task.last_activity} /> },
        ]}
      />
      {standing !== undefined && <p className={styles.meaning}>{PROMOTED_MEANING}</p>}
    </div>
  )
}

function bestNote(best: Experiment | null): ReactNode {
  if (best === null) return "no result yet"
  return (
    <span className={styles.standing}>
      {standingWords(best) || "not compared yet"}
      <VerdictBadge row={best} explanation={best.explanation} />
    </span>
  )
}

function Chart({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const graph = useQuery(queries.graph(queryClient, task.id, hardwareClass))
  const set = (change: { x?: "time" | undefined; y?: "gap" | undefined }): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  }
  const open = (seq: number): void => {
    void client
      .graphPoint(task.id, seq)
      .then(({ id }) => navigate({ to: "/e/$experimentId", params: { experimentId: id } }))
  }
  return (
    <Card
      flush
      title={
        <>
          <VisibleText text={task.metric.name} max={64} /> over the search
        </>
      }
      aside={
        <div className={styles.axes}>
          <Choice
            label="Horizontal axis"
            value={search.x ?? "number"}
            options={[
              ["number", "by number"],
              ["time", "by time"],
            ]}
            onChoose={(x) => set({ x: x === "time" ? x : undefined })}
          />
          <Choice
            label="Vertical axis"
            value={search.y ?? "value"}
            options={[
              ["value", "value"],
              ["gap", "log gap to best"],
            ]}
            onChoose={(y) => set({ y: y === "gap" ? y : undefined })}
          />
        </div>
      }
    >
      {graph.data === undefined ? (
        <ChartShell>
          {graph.isError ? <Failure error={graph.error} retry={() => void graph.refetch()} /> : <Loading lines={0} />}
        </ChartShell>
      ) : graph.data.points.length === 0 ? (
        <ChartShell>
          <Empty title="No experiment yet" command={`spore run --task ${task.name}`}>
            The first is the baseline: it appears here as soon as a node has run it.
          </Empty>
        </ChartShell>
      ) : (
        <ProgressChart
          model={graph.data}
          metric={task.metric}
          xAxis={search.x ?? "number"}
          yAxis={search.y ?? "value"}
          onOpen={open}
        />
      )}
    </Card>
  )
}

const TAB_WORDS: Record<Tab, string> = {
  experiments: "Experiments",
  frontier: "Frontier",
  activity: "Activity",
  nodes: "Nodes",
  about: "About",
}

function Tabs({ tab, standing }: { tab: Tab; standing: Standing | undefined }): ReactNode {
  const counts: Partial<Record<Tab, number>> =
    standing === undefined
      ? {}
      : { experiments: standing.experiments, frontier: standing.frontier, nodes: standing.nodes }
  return (
    <nav className={styles.tabs} aria-label="Parts of this task">
      {TABS.map((name) => (
        <Link
          key={name}
          from="/t/$taskId"
          to="/t/$taskId"
          search={(old) => ({ ...old, tab: name === "experiments" ? undefined : name })}
          resetScroll={false}
          className={name === tab ? styles.current : undefined}
          aria-current={name === tab ? "page" : undefined}
        >
          {TAB_WORDS[name]}
          {counts[name] !== undefined && <span className={styles.count}>{formatCount(counts[name])}</span>}
        </Link>
      ))}
    </nav>
  )
}
