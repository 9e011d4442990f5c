import type { Activity, OpenClaim, Standing, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Claims } from "../../components/claims.tsx"
import { NetworkBadge } from "../../components/experiment-name.tsx"
import { foremost, isWorking } from "../../components/now.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatSeconds } from "../../lib/format.ts"
import { classWords, className, goalWords, noiseWords } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import styles from "./task-header.module.css"

const route = getRouteApi("/t/$taskId")

/** What the task is, what runs of it here, and on which hardware one looks at it. */
export function TaskHeader({
  task,
  standing,
  hardwareClass,
}: {
  task: TaskDetail
  standing: Standing | undefined
  hardwareClass: string
}): ReactNode {
  const { metric } = task
  const noise = noiseWords(standing?.best?.noise ?? null, task.replay.mode)
  return (
    <header className={styles.header}>
      <div className={styles.heading}>
        <p className={pageStyles.crumbs}>
          <Link to="/">Tasks</Link>
          <span aria-hidden>/</span>
        </p>
        <h1>
          <VisibleText text={task.name} max={64} />
          <NetworkBadge of={task} />
          {task.followed && <span className={styles.followed}>followed by this node</span>}
        </h1>
        <p className={pageStyles.lead}>
          <VisibleText text={metric.name} max={64} />
          {metric.unit !== "" && (
            <>
              {" in "}
              <VisibleText text={metric.unit} max={32} />
            </>
          )}
          , {goalWords(metric)}
          {noise !== "" && ` · ${noise}`}
        </p>
        <p className={styles.what}>
          Nodes change the code of what they know to be good, run it and sign the score; others rerun what looks good.{" "}
          <Link
            from="/t/$taskId"
            to="/t/$taskId"
            search={(old) => ({ ...old, tab: "about" as const })}
            resetScroll={false}
          >
            About this task
          </Link>
        </p>
        <BeingTried task={task.id} />
      </div>
      <ClassChoice task={task} chosen={hardwareClass} />
    </header>
  )
}

/** Rows kept for what this node does, so that nothing below moves when it does something else. */
const MOST_ROWS = 4

/** What this node does of this task, and what others say they are trying of it. */
function BeingTried({ task }: { task: string }): ReactNode {
  const { data: status } = useQuery(queries.status())
  if (status === undefined) return null
  const here = status.activities.filter((activity) => activity.task === task)
  const isFollowed = status.task === task && isWorking(status)
  if (!isFollowed && here.length === 0) return null
  const { research } = status
  const rows = Math.min(research?.workers ?? 1, MOST_ROWS)
  const shown = rows === 1 ? [foremost(here)] : Array.from({ length: rows }, (_, i) => here[i])
  return (
    <div className={styles.tried}>
      {shown.map((activity, i) =>
        activity === undefined ? (
          // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
          <p key={i} className={styles.now}>
            {i === 0 ? "Nothing runs here now" : "\u00a0"}
          </p>
        ) : (
          <HereNow key={activity.worker} activity={activity} />
        ),
      )}
      {isFollowed && research !== null && <Elsewhere claims={research.claims} />}
    </div>
  )
}

function HereNow({ activity }: { activity: Activity }): ReactNode {
  return (
    <p className={styles.now} role="status">
      <span className={styles.pulse} aria-hidden />
      {HERE_WORDS[activity.kind]}
      {activity.experiment === null ? (
        <VisibleText text={activity.title} max={80} />
      ) : (
        <Link to="/e/$experimentId" params={{ experimentId: activity.experiment }}>
          <VisibleText text={activity.title} max={80} />
        </Link>
      )}
      <span className={styles.progress}>{progressWords(activity)}</span>
    </p>
  )
}

const HERE_WORDS = {
  proposal: "Asking what to try: ",
  experiment: "Running here now: ",
  verification: "Rerunning here now: ",
} as const

/** One line, which opens: who is trying what. */
function Elsewhere({ claims }: { claims: readonly OpenClaim[] }): ReactNode {
  const [first] = claims
  if (first === undefined) return <p className={styles.now}>Nothing heard of being tried elsewhere</p>
  return (
    <details className={styles.elsewhere}>
      <summary className={styles.now}>
        Being tried elsewhere now: <VisibleText text={first.summary} max={80} />
        {claims.length > 1 && ` and ${formatCount(claims.length - 1)} more`}
      </summary>
      <Claims claims={claims} />
    </details>
  )
}

function progressWords({ progress }: Activity): string {
  if (progress === null) return ""
  const share = `${Math.round(Math.min(1, Math.max(0, progress.fraction)) * 100)} %`
  return progress.remaining_seconds === null
    ? share
    : `${share}, about ${formatSeconds(progress.remaining_seconds)} left`
}

function ClassChoice({ task, chosen }: { task: TaskDetail; chosen: string }): ReactNode {
  const navigate = route.useNavigate()
  const { standings } = task
  if (standings.length === 0) return null
  const known = standings.map((standing) => [standing.class, standing.experiments] as const)
  // A link may name a class of which nothing is here.
  const options = known.some(([name]) => name === chosen) ? known : [...known, [chosen, 0] as const]
  const words = classWords(chosen, task.class_keys)
  return (
    <div className={styles.class}>
      {options.length > 1 && (
        <label>
          <span>Hardware class</span>
          <select
            value={chosen}
            onChange={({ target }) => {
              // A stretch of one class's chart is another in the next.
              const change = { class: target.value, from: undefined, to: undefined }
              void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
            }}
          >
            {options.map(([name, experiments]) => (
              <option key={name} value={name}>
                {className(name)} ({formatCount(experiments)})
              </option>
            ))}
          </select>
        </label>
      )}
      <p>
        {words === "" ? (
          "One class: scores of all machines are compared."
        ) : (
          <>
            <VisibleText text={words} max={120} />. Compared with the same only.
          </>
        )}
      </p>
    </div>
  )
}
