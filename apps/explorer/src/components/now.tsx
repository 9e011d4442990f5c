import type { Activity, NodeStatus } from "@spore/api/client"
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
  const { activity } = status
  return (
    <section className={isWorking(status) ? `${styles.now} ${styles.working}` : styles.now} aria-label="Running now">
      {activity === null ? <Idle status={status} /> : <Running activity={activity} />}
    </section>
  )
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

function idleWords({ mode, task }: NodeStatus): { kind: string; title: string; meaning: ReactNode } {
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
  const { progress } = activity
  const share = progress === null ? null : Math.min(1, Math.max(0, progress.fraction))
  const isBaseline = activity.kind === "experiment" && activity.title === "baseline"
  return (
    <>
      <p className={styles.kind}>
        <span className={styles.pulse} aria-hidden />
        {activity.kind === "verification"
          ? "Rerunning an experiment of "
          : isBaseline
            ? "Measuring "
            : "Trying a change on "}
        <Link to="/t/$taskId" params={{ taskId: activity.task }}>
          <VisibleText text={activity.task_name} max={64} />
        </Link>
      </p>
      <p className={styles.title}>
        {activity.experiment === null ? (
          <VisibleText text={isBaseline ? "The baseline" : activity.title} max={160} />
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: activity.experiment }}>
            <VisibleText text={activity.title} max={160} />
          </Link>
        )}
      </p>
      <p className={styles.meaning}>{meaningOf(activity.kind, isBaseline)}</p>
      <div
        className={share === null ? `${styles.track} ${styles.unknown}` : styles.track}
        role="progressbar"
        aria-label="Progress of the running job"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === null ? undefined : Math.round(share * 100)}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${share ?? 0})` }} />
      </div>
      <p className={styles.numbers}>
        <span>{share === null ? "started" : `${Math.round(share * 100)} %`}</span>
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

function meaningOf(kind: Activity["kind"], isBaseline: boolean): string {
  if (kind === "verification") return "Another key’s claim, run again here: reruns by others decide what it is worth."
  if (isBaseline) return "The task’s own code, unchanged: what every experiment on this hardware is compared with."
  return "A change to the best code so far, run in a sandbox. It is kept if it improves by enough to count."
}
