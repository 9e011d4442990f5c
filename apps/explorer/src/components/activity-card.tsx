import type { Activity, NodeStatus } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { formatCount, formatSeconds, plural } from "../lib/format.ts"
import { className } from "../lib/words.ts"
import { useNow } from "../live/use-now.ts"
import styles from "./activity-card.module.css"
import { VisibleText } from "./visible-text.tsx"

const IDLE_WORDS: Record<NodeStatus["mode"], string> = {
  research: "Between two experiments.",
  verify: "Nothing to verify at the moment.",
  sync: "This node carries facts between others and runs nothing itself.",
}

/** What this node is doing, and under which conditions. */
export function ActivityCard({ status }: { status: NodeStatus }): ReactNode {
  const { activity, sandbox, peers } = status
  return (
    <section className={styles.card} aria-label="This node">
      <div className={styles.now}>{activity === null ? <Idle status={status} /> : <Running activity={activity} />}</div>
      <dl className={styles.facts}>
        <div>
          <dt>Sandbox</dt>
          <dd>
            {sandbox.backend}
            <small className={sandbox.isolated ? styles.good : styles.warn}>
              {sandbox.isolated ? "strangers’ code is kept apart" : "none: strangers’ code is not run"}
            </small>
          </dd>
        </div>
        <div>
          <dt>Peers</dt>
          <dd>
            <Link to="/network">{formatCount(peers.length)}</Link>
            <small>{peers.length === 0 ? "working alone; all is kept" : "connected"}</small>
          </dd>
        </div>
        <div>
          <dt>Hardware class</dt>
          <dd>
            {status.hardware_class === null ? "–" : className(status.hardware_class)}
            <small>
              {status.verify_queue === 0 ? "no reruns waiting" : `${plural(status.verify_queue, "rerun")} waiting`}
            </small>
          </dd>
        </div>
      </dl>
      {status.notices.length > 0 && (
        <ul className={styles.notices}>
          {status.notices.map((notice) => (
            <li key={notice.code + notice.message}>
              <VisibleText text={notice.message} max={400} />
              {notice.next !== null && (
                <code>
                  <VisibleText text={notice.next} max={200} />
                </code>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Idle({ status }: { status: NodeStatus }): ReactNode {
  return (
    <>
      <p className={styles.kind}>Idle</p>
      <p className={styles.title}>{IDLE_WORDS[status.mode]}</p>
    </>
  )
}

function Running({ activity }: { activity: Activity }): ReactNode {
  const now = useNow()
  const { progress } = activity
  const share = progress === null ? 0 : Math.min(1, Math.max(0, progress.fraction))
  return (
    <>
      <p className={styles.kind}>
        <span className={styles.pulse} aria-hidden />
        {activity.kind === "experiment" ? "Running an experiment on " : "Rerunning an experiment of "}
        <Link to="/t/$taskId" params={{ taskId: activity.task }}>
          <VisibleText text={activity.task_name} max={64} />
        </Link>
      </p>
      <p className={styles.title}>
        {activity.experiment === null ? (
          <VisibleText text={activity.title} max={160} />
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: activity.experiment }}>
            <VisibleText text={activity.title} max={160} />
          </Link>
        )}
      </p>
      <div
        className={styles.track}
        role="progressbar"
        aria-label="Progress of the running job"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${share})` }} />
      </div>
      <p className={styles.numbers}>
        <span>{Math.round(share * 100)} %</span>
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
