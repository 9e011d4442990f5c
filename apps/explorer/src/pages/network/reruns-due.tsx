import type { NodeStatus, VerifyStatus } from "@spore/api/client"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { formatCount, plural } from "../../lib/format.ts"
import styles from "./reruns-due.module.css"

/** Why a rerun is due, in the order in which they come. */
const REASONS: readonly (readonly [keyof VerifyStatus["due"], string])[] = [
  ["asked", "asked for by spore verify"],
  ["contested", "reruns so far disagree"],
  ["baseline", "the baseline, measured here too"],
  ["top", "among the best: to be promoted or not"],
  ["calibrate", "to learn how far runs differ"],
  ["sample", "drawn at random"],
]

/** Reruns whose time has come on this node, by reason. */
export function RerunsDue({ status }: { status: NodeStatus }): ReactNode {
  const { verify_queue: queue, verify } = status
  const rows = REASONS.filter(([reason]) => verify.due[reason] > 0)
  return (
    <Card title="Reruns due here" aside={plural(queue, "rerun")}>
      {rows.length > 0 && (
        <Facts
          rows={rows.map(([reason, words]) => [
            reason,
            <>
              <strong className={styles.count}>{formatCount(verify.due[reason])}</strong> {words}
            </>,
          ])}
        />
      )}
      <p className={styles.share}>{shareWords(status)}</p>
    </Card>
  )
}

function shareWords({ mode, verify: { enabled, rate } }: NodeStatus): string {
  if (!enabled) return "Only what spore verify asks for is rerun here."
  if (mode === "verify") return "All of this node’s time is for reruns."
  return `They take up to ${rate} % of this node’s time, or what research leaves.`
}
