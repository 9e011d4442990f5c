import type { NodeStatus, ResearchStatus, Task } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { Notices } from "../../components/notices.tsx"
import { isWorking, Now } from "../../components/now.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount } from "../../lib/format.ts"
import { researchWords } from "../../lib/research.ts"
import { className } from "../../lib/words.ts"
import { BestSoFar } from "./best-so-far.tsx"
import styles from "./overview.module.css"

/** This node at a glance: what runs, what it has led to, and under which conditions. */
export function Overview({
  status,
  tasks,
}: {
  status: NodeStatus
  /** Undefined while they are on their way. */
  tasks: readonly Task[] | undefined
}): ReactNode {
  return (
    <div className={styles.overview}>
      <Notices notices={status.notices} />
      <div className={styles.halves}>
        <Now status={status} />
        <BestSoFar task={tasks === undefined ? undefined : (taskOf(status, tasks) ?? null)} />
      </div>
      {status.mode !== "explorer" && <Conditions status={status} />}
    </div>
  )
}

/** The task that this node works on; where it works on none, the most active one. */
function taskOf(status: NodeStatus, tasks: readonly Task[]): Task | undefined {
  const worked = status.task ?? status.activities[0]?.task
  return tasks.find(({ id }) => id === worked) ?? tasks.find(({ experiments }) => experiments > 0)
}

function Research({ research }: { research: ResearchStatus }): ReactNode {
  const { made, spent } = researchWords(research)
  return (
    <div className={styles.line}>
      <dt>Research</dt>
      <dd>
        <Link to="/network">{made}</Link>
        <small>
          <VisibleText text={spent} max={160} />
        </small>
      </dd>
    </div>
  )
}

function Conditions({ status }: { status: NodeStatus }): ReactNode {
  const { sandbox, peers, hardware_class: hardwareClass, verify_queue: due, research } = status
  return (
    <dl className={styles.conditions}>
      {research !== null && <Research research={research} />}
      <div>
        <dt>Peers</dt>
        <dd>
          <Link to="/network">{formatCount(peers.length)}</Link>
          <small>{peers.length === 0 ? "alone; all is kept" : "connected"}</small>
        </dd>
      </div>
      {isWorking(status) && (
        <>
          <div>
            <dt>Sandbox</dt>
            <dd>
              {sandbox.backend}
              <small className={sandbox.isolated ? styles.good : styles.warn}>
                {sandbox.isolated ? "strangers’ code is kept apart" : "strangers’ code is not run"}
              </small>
            </dd>
          </div>
          <div>
            <dt>Hardware</dt>
            <dd>
              {hardwareClass === null ? "–" : className(hardwareClass)}
              <small>results compare within a class</small>
            </dd>
          </div>
          <div>
            <dt>Reruns</dt>
            <dd>
              {formatCount(due)}
              <small>of others’ experiments due here</small>
            </dd>
          </div>
        </>
      )}
    </dl>
  )
}
