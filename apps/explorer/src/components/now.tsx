import { type Activity, endWords, type NodeStatus } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { formatSeconds } from "../lib/format.ts"
import { useNow } from "../live/use-now.ts"
import styles from "./now.module.css"
import { VisibleText } from "./visible-text.tsx"

/** Whether this node runs code at times. */
export function isWorking({ mode }: NodeStatus): boolean {
  return mode === "research" || mode === "verify"
}

/** What this node is doing, with how far it is and what it is good for. */
export function Now({ status }: { status: NodeStatus }): ReactNode {
  const { activities, research } = status
  const workers = research?.workers ?? 1
  const first = foremost(activities)
  return (
    <section className={isWorking(status) ? `${styles.now} ${styles.working}` : styles.now} aria-label="Running now">
      {workers > 1 ? (
        <Workers activities={activities} workers={workers} />
      ) : first === undefined ? (
        <Idle status={status} />
      ) : (
        <Running activity={first} />
      )}
    </section>
  )
}

/** Of what is done side by side the one that has the device, else what is thought of. */
export function foremost(activities: readonly Activity[]): Activity | undefined {
  return activities.find(({ kind }) => kind !== "proposal") ?? activities[0]
}

function Idle({ status }: { status: NodeStatus }): ReactNode {
  const { kind, title, meaning } = idleWords(status)
  return (
    <>
      <p className={styles.kind}>{kind}</p>
      <p className={styles.title}>{title}</p>
      <p className={styles.meaning}>{meaning}</p>
    </>
  )
}

function idleWords({ mode, task, research }: NodeStatus): { kind: string; title: string; meaning: ReactNode } {
  const kind = "Nothing is running"
  switch (mode) {
    case "explorer":
      return { kind: "Read-only", title: "What a data folder holds", meaning: "No node runs behind this page." }
    case "sync":
      return {
        kind,
        title: "Carrying facts between others",
        meaning: "This node keeps and passes on what others find. It runs no code.",
      }
    case "verify":
      return {
        kind,
        title: "Waiting for something to rerun",
        meaning: "It reruns what others claim, as soon as there is something that it can compare.",
      }
    case "research":
      if (research !== null && research.ended !== null) {
        return {
          kind: "Research has ended",
          title: "As its keeper asked for",
          meaning: `Because ${endWords(research)}.`,
        }
      }
      if (task !== null) return { kind, title: "Between two experiments", meaning: "The next is being proposed." }
      return {
        kind,
        title: "No task is followed",
        meaning: (
          <>
            <code>spore task list</code> shows the tasks known here; <code>spore task use NAME</code> takes one up.
          </>
        ),
      }
  }
}

function Running({ activity }: { activity: Activity }): ReactNode {
  const now = useNow()
  const { kind, progress, parent } = activity
  const isBaseline = isBaselineRun(activity)
  return (
    <>
      <p className={styles.kind}>
        <span className={styles.pulse} aria-hidden />
        {kindWords(activity)}{" "}
        <Link to="/t/$taskId" params={{ taskId: activity.task }}>
          <VisibleText text={activity.task_name} max={64} />
        </Link>
      </p>
      <p className={styles.title}>
        <Title activity={activity} />
      </p>
      <p className={styles.meaning}>
        {parent === null ? (
          meaningOf(kind, isBaseline)
        ) : (
          <>
            Builds on <ParentLink parent={parent} />: <VisibleText text={parent.reason} max={160} />
          </>
        )}
      </p>
      <Track activity={activity} label="Progress of the running job" />
      <p className={styles.numbers}>
        <span>{shareWords(activity) ?? (kind === "proposal" ? "asked" : "started")}</span>
        <span>{progress?.loss === null || progress === null ? "" : `loss ${progress.loss.toFixed(4)}`}</span>
        <span>
          {progress?.remaining_seconds === null || progress === null
            ? `${formatSeconds(Math.max(0, now - activity.started_at))} so far`
            : `about ${formatSeconds(progress.remaining_seconds)} left`}
        </span>
      </p>
    </>
  )
}

/** Rows that are shown; a node with more workers says how many are at work besides. */
const MOST_ROWS = 6

/** Several workers, a row each, and one for reruns: as many whatever they do. */
function Workers({ activities, workers }: { activities: readonly Activity[]; workers: number }): ReactNode {
  const shown = Math.min(workers, MOST_ROWS)
  const hidden = activities.filter(({ worker }) => worker >= shown && worker < workers).length
  return (
    <>
      <p className={styles.kind}>{workers} workers side by side</p>
      <ol className={styles.workers}>
        {Array.from({ length: shown }, (_, worker) => (
          <WorkerRow key={worker} activity={activities.find((one) => one.worker === worker)} idle="Waits" />
        ))}
        <WorkerRow activity={activities.find(({ worker }) => worker >= workers)} idle="No rerun now" />
      </ol>
      {workers > shown && (
        <p className={styles.more}>
          {workers - shown} more, {hidden} at work
        </p>
      )}
    </>
  )
}

function WorkerRow({ activity, idle }: { activity: Activity | undefined; idle: string }): ReactNode {
  const now = useNow()
  if (activity === undefined) return <li className={styles.idle}>{idle}</li>
  const { kind, parent, progress, started_at: startedAt } = activity
  const left = progress?.remaining_seconds ?? null
  return (
    <li className={styles.worker}>
      <span className={styles.what}>{ROW_WORDS[kind]}</span>
      <span className={styles.job}>
        <Title activity={activity} />
        {parent !== null && (
          <small>
            on <ParentLink parent={parent} />: <VisibleText text={parent.reason} max={160} />
          </small>
        )}
      </span>
      <Track activity={activity} label={`Progress of worker ${activity.worker}`} />
      <span className={styles.left}>
        {left === null ? formatSeconds(Math.max(0, now - startedAt)) : `${formatSeconds(left)} left`}
      </span>
    </li>
  )
}

const ROW_WORDS = { proposal: "asking", experiment: "trying", verification: "rerun" } as const

function Title({ activity }: { activity: Activity }): ReactNode {
  if (activity.experiment === null) {
    return <VisibleText text={isBaselineRun(activity) ? "The baseline" : activity.title} max={160} />
  }
  return (
    <Link to="/e/$experimentId" params={{ experimentId: activity.experiment }}>
      <VisibleText text={activity.title} max={160} />
    </Link>
  )
}

function ParentLink({ parent }: { parent: NonNullable<Activity["parent"]> }): ReactNode {
  return (
    <Link to="/e/$experimentId" params={{ experimentId: parent.id }}>
      <VisibleText text={parent.title} max={64} />
    </Link>
  )
}

function Track({ activity, label }: { activity: Activity; label: string }): ReactNode {
  const share = shareOf(activity)
  return (
    <div
      className={share === null ? `${styles.track} ${styles.unknown}` : styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(share * 100)}
    >
      <div className={styles.fill} style={{ transform: `scaleX(${share ?? 0})` }} />
    </div>
  )
}

function shareOf({ progress }: Activity): number | null {
  return progress === null ? null : Math.min(1, Math.max(0, progress.fraction))
}

function shareWords(activity: Activity): string | null {
  const share = shareOf(activity)
  return share === null ? null : `${Math.round(share * 100)} %`
}

function isBaselineRun({ kind, title }: Activity): boolean {
  return kind === "experiment" && title === "baseline"
}

function kindWords(activity: Activity): string {
  switch (activity.kind) {
    case "proposal":
      return "Asking what to try on"
    case "verification":
      return "Rerunning an experiment of"
    case "experiment":
      return isBaselineRun(activity) ? "Measuring" : "Trying a change on"
  }
}

function meaningOf(kind: Activity["kind"], isBaseline: boolean): string {
  if (kind === "verification") return "Another key’s claim, run again here: reruns by others decide what it is worth."
  if (kind === "proposal") return "Whoever proposes is shown the code, what was tried before and what came of it."
  if (isBaseline) return "The task’s own code, unchanged: what every experiment on this hardware is compared with."
  return "A change to the best code so far, run in a sandbox. It is kept if it improves by enough to count."
}
