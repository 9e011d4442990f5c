import { type Experiment, type Judged, type Status, type Verdict, verdictWords } from "@spore/api/client"
import type { ReactNode } from "react"
import { isDisputed } from "../chart/model.ts"
import { standingWords, STATUS_WORDS, VERDICT_TONES } from "../lib/words.ts"
import styles from "./shapes.module.css"

/** The chart's marks, as icons: the same shape means the same thing everywhere. */
export type Shape =
  | "kept"
  | "discarded"
  | "crashed"
  | "frontier"
  | "verified"
  | "disputed"
  | "best"
  | "lineage"
  | "withheld"

const PATHS: Record<Shape, ReactNode> = {
  kept: <circle cx="8" cy="8" r="4.5" fill="var(--kept)" />,
  discarded: <circle cx="8" cy="8" r="4" fill="none" stroke="var(--discarded)" strokeWidth="1.75" />,
  crashed: <path d="M4.5 4.5l7 7m0-7l-7 7" stroke="var(--crashed)" strokeWidth="1.75" strokeLinecap="round" />,
  frontier: (
    <>
      <circle cx="8" cy="8" r="3.5" fill="var(--kept)" />
      <circle cx="8" cy="8" r="6.25" fill="none" stroke="var(--text)" strokeWidth="1.5" />
    </>
  ),
  verified: (
    <path
      d="M3.5 8.5l3 3 6-7"
      fill="none"
      stroke="var(--best)"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  disputed: <path d="M8 2.5L13.5 8 8 13.5 2.5 8z" fill="none" stroke="var(--disputed)" strokeWidth="1.75" />,
  best: <path d="M1 4.5h6v7h8" fill="none" stroke="var(--best)" strokeWidth="2.25" />,
  withheld: <path d="M4 8h8" stroke="var(--discarded)" strokeWidth="1.75" strokeLinecap="round" />,
  lineage: <path d="M1.5 3.5L8 7l6.5 5.5" fill="none" stroke="var(--lineage)" strokeWidth="2" />,
}

export function ShapeIcon({ shape, label }: { shape: Shape; label?: string }): ReactNode {
  return (
    <svg
      className={styles.icon}
      viewBox="0 0 16 16"
      role={label === undefined ? "presentation" : "img"}
      aria-label={label}
      aria-hidden={label === undefined}
    >
      {PATHS[shape]}
    </svg>
  )
}

/** The mark an experiment has in the chart. */
export function shapeOf(row: { status: Status; verdict: Verdict; frontier: boolean }): Shape {
  if (row.status === "withheld") return "withheld"
  if (row.status === "crash") return "crashed"
  if (isDisputed(row)) return "disputed"
  if (row.frontier) return "frontier"
  return row.status === "keep" ? "kept" : "discarded"
}

type Marked = Pick<Experiment, "status" | "verdict" | "promoted" | "frontier" | "candidate">

/** How an experiment stands: promoted or the baseline, else its status. */
export function statusWords(row: Marked): string {
  return row.promoted || row.frontier ? standingWords(row) : STATUS_WORDS[row.status]
}

export function StatusMark({ row }: { row: Marked }): ReactNode {
  return (
    <span className={styles.status}>
      <ShapeIcon shape={shapeOf(row)} />
      <span>{statusWords(row)}</span>
    </span>
  )
}

/** What reruns say, `reproduced 2/2`; pointed at, in a sentence. */
export function VerdictBadge({ row, explanation }: { row: Judged; explanation?: string | undefined }): ReactNode {
  const tone = VERDICT_TONES[row.verdict]
  return (
    <span className={`${styles.badge} ${styles[tone]}`} title={explanation}>
      {tone === "good" && <ShapeIcon shape="verified" />}
      {(tone === "disputed" || tone === "bad") && <ShapeIcon shape="disputed" />}
      {verdictWords(row)}
    </span>
  )
}
