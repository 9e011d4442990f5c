import type { Experiment, Frontier, FrontierEntry, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { DownloadMenu } from "../../components/download-menu.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { ShapeIcon, shapeOf, VerdictBadge } from "../../components/shapes.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { formatCount, formatPercent, gainOver, plural } from "../../lib/format.ts"
import { neededWords, taskArgument, valueWords } from "../../lib/words.ts"
import { experimentList } from "./exports.ts"
import styles from "./frontier-tab.module.css"
import { NewPill, RestButton } from "./list-parts.tsx"
import { RecordCard } from "./record-card.tsx"
import { useSteady } from "./use-steady.ts"

/** Candidates shown at first. */
const FIRST_CANDIDATES = 20
/** Entries of the frontier that say who reran them: the others' pages do. */
const REREADERS = 12
/** Nodes named at one entry. */
const NAMED = 4

interface ListProps {
  readonly task: TaskDetail
  readonly data: Pick<Frontier, "class" | "baseline"> & {
    readonly frontier: readonly FrontierEntry[]
    readonly candidates: readonly Experiment[]
  }
}

/** What reruns have promoted, how the record moved, and what is a candidate for it. */
export function FrontierTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const frontier = useQuery(queries.frontier(task.id, hardwareClass))
  if (frontier.isError) return <Failure error={frontier.error} retry={() => void frontier.refetch()} />
  if (frontier.data === undefined) return <Loading lines={10} height={480} />
  const { data } = frontier
  if (data.frontier.length + data.candidates.length === 0) {
    return (
      <Empty
        title="Nothing has a value yet"
        {...(task.network === "spore" ? { command: `spore run --task ${taskArgument(task)}` } : {})}
      >
        The baseline stands here as soon as a node has run it.
      </Empty>
    )
  }
  // What is shown while another class is on its way is that of the class before.
  return <Lists key={data.class} task={task} data={data} />
}

function Lists({ task, data }: ListProps): ReactNode {
  const frontier = useSteady(data.frontier, idOf)
  const candidates = useSteady(data.candidates, idOf)
  const [shows, setShows] = useState(0)
  const shown = { ...data, frontier: frontier.rows, candidates: candidates.rows }
  const showNew = (): void => {
    frontier.show()
    candidates.show()
    setShows(shows + 1)
  }
  return (
    <div className={styles.part}>
      <div className={styles.tools}>
        <DownloadMenu
          table={experimentList([task.name, data.class, "frontier"], [...shown.frontier, ...shown.candidates])}
        />
      </div>
      <div className={styles.frame}>
        <NewPill count={frontier.changes + candidates.changes} noun="change" onShow={showNew} isLoading={false} />
        <div className={styles.columns}>
          <div className={styles.column}>
            <Promoted task={task} data={shown} />
            <RecordCard key={shows} task={task} hardwareClass={data.class} />
          </div>
          <Candidates task={task} data={shown} />
        </div>
      </div>
    </div>
  )
}

function idOf({ id }: Experiment): string {
  return id
}

function Promoted({ task, data }: ListProps): ReactNode {
  const tied = data.frontier.filter((row) => row.tied)
  // The first is tied with itself.
  const hasTie = tied.length > 1
  const others = hasTie ? data.frontier.filter((row) => !row.tied) : data.frontier
  const entry = (row: FrontierEntry, rank: string): ReactNode => {
    const place = data.frontier.indexOf(row)
    return (
      <Entry key={row.id} row={row} rank={rank} task={task} baseline={data.baseline}>
        {place < REREADERS && row.voters > 0 && <RerunBy experiment={row.id} />}
      </Entry>
    )
  }
  return (
    <Card title="Frontier" aside="promoted by reruns, and the baseline">
      <p className={styles.words}>
        Nothing gets here but by promotion; the baseline stands as what all are measured against.
      </p>
      {hasTie && (
        <div className={styles.tied} role="group" aria-label={`${tied.length} tied for best`}>
          <p className={styles.tiedWords}>
            {formatCount(tied.length)} tied for best: reruns cannot tell them from the first.
          </p>
          <ol>{tied.map((row) => entry(row, "=1"))}</ol>
        </div>
      )}
      <ol>{others.map((row) => entry(row, `${data.frontier.indexOf(row) + 1}`))}</ol>
    </Card>
  )
}

function Candidates({ task, data }: ListProps): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? data.candidates : data.candidates.slice(0, FIRST_CANDIDATES)
  return (
    <Card title="Candidates" aside="not promoted yet">
      <p className={styles.words}>
        Claims that are better than what they build on, and that nothing kept builds on. A claim promotes nothing: what
        nobody reran may be luck.
      </p>
      {data.candidates.length === 0 && <p className={styles.none}>There is no candidate.</p>}
      <ol>
        {shown.map((row) => (
          <Entry key={row.id} row={row} rank={null} task={task} baseline={data.baseline}>
            <span>{neededWords(row)}</span>
          </Entry>
        ))}
      </ol>
      {shown.length < data.candidates.length && (
        <RestButton onShow={() => setWhole(true)}>
          Show {plural(data.candidates.length - shown.length, "more candidate")}
        </RestButton>
      )}
    </Card>
  )
}

function Entry({
  row,
  rank,
  task,
  baseline,
  children,
}: {
  row: Experiment
  rank: string | null
  task: TaskDetail
  baseline: number | null
  children: ReactNode
}): ReactNode {
  const gain = gainOver(baseline, row.value, task.metric.goal)
  return (
    <li className={styles.item}>
      <span className={styles.mark}>{rank ?? <ShapeIcon shape={shapeOf(row)} />}</span>
      <span className={styles.value}>{valueWords(row, task.metric)}</span>
      <span className={styles.gain}>
        {row.parent === null ? "baseline" : gain === null || gain.share === null ? "" : formatPercent(gain.share)}
      </span>
      <span className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
          <ExperimentName row={row} max={90} />
        </Link>
      </span>
      <span className={styles.reruns}>
        <VerdictBadge row={row} explanation={row.explanation} />
        <span>
          by <NodeName id={row.node} name={row.node_name} />
        </span>
        {children}
      </span>
    </li>
  )
}

/** The keys whose reruns count for it. */
function RerunBy({ experiment }: { experiment: string }): ReactNode {
  const { data } = useQuery(queries.comparison(experiment))
  const voters = data?.results.filter(({ stance }) => stance === "agrees" || stance === "differs") ?? []
  if (voters.length === 0) return null
  const more = voters.length - NAMED
  return (
    <span className={styles.rerunBy}>
      rerun by
      {voters.slice(0, NAMED).map(({ node, node_name, stance }) => (
        <span key={node}>
          <NodeName id={node} name={node_name} />
          {stance === "differs" && " (differs)"}
        </span>
      ))}
      {more > 0 && `and ${formatCount(more)} more`}
    </span>
  )
}
