import type { KeyResult, Stance } from "@spore/api/client"
import type { ReactNode } from "react"
import { type ClaimScale, type Place, scoresAbout } from "./claim-scale.ts"
import styles from "./claim-plot.module.css"

const STANCE_WORDS: Record<Stance, string> = {
  agrees: "agrees",
  differs: "differs",
  unjudged: "not judged yet",
  author: "no vote: the author’s own",
  no_baseline: "no vote: has not run the baseline",
  other_class: "no vote: other hardware",
}

export function stanceWords({ stance, result }: Pick<KeyResult, "stance" | "result">): string {
  return result === null && stance === "differs" ? "differs: no score" : STANCE_WORDS[stance]
}

/** Shapes tell the stances apart without colour. */
const MARKS: Record<Stance | "claim" | "value", ReactNode> = {
  claim: <rect x="-4.5" y="-4.5" width="9" height="9" className={styles.claimMark} />,
  value: <path d="M0-6.5L6.5 0 0 6.5-6.5 0z" className={styles.valueMark} />,
  agrees: <circle r="5" className={styles.agrees} />,
  differs: <path d="M-5-5L5 5M5-5L-5 5" className={styles.differs} />,
  unjudged: <circle r="4.5" className={styles.unjudged} />,
  author: <circle r="3" className={styles.noVote} />,
  no_baseline: <circle r="3" className={styles.noVote} />,
  other_class: <circle r="3" className={styles.noVote} />,
}

/** One line of the plot: the claim and its band run through all of them. */
export function PlotLine({
  scale,
  mark,
  result,
  scores = [],
  error = null,
}: {
  scale: ClaimScale
  mark: Stance | "claim" | "value"
  result: number | null
  scores?: readonly number[]
  error?: number | null
}): ReactNode {
  const place = result === null ? null : scale.place(result)
  return (
    <svg className={styles.line} aria-hidden>
      <Ground scale={scale} />
      {result !== null &&
        scores.length > 1 &&
        scoresAbout(result, scores).map((score, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- scores are told apart by their replicate alone
          <At key={i} place={scale.place(score)}>
            <path d="M0 8v6" className={styles.replicate} />
          </At>
        ))}
      {result !== null && error !== null && (
        <line
          x1={percent(scale.place(result - error).at)}
          x2={percent(scale.place(result + error).at)}
          y1="50%"
          y2="50%"
          className={styles.error}
        />
      )}
      {place !== null && <At place={place}>{MARKS[mark]}</At>}
      {place !== null && place.beyond !== null && (
        <At place={place}>
          <path d={place.beyond === "low" ? "M-8-4L-12 0-8 4" : "M8-4L12 0 8 4"} className={styles.beyond} />
        </At>
      )}
    </svg>
  )
}

/** Names of the values that the lines below stand at. */
export function PlotAxis({ scale }: { scale: ClaimScale }): ReactNode {
  return (
    <svg className={styles.axis} aria-hidden>
      {scale.ticks.map(({ text, at }) => (
        <text key={text} x={percent(at)} y="14" textAnchor="middle">
          {text}
        </text>
      ))}
    </svg>
  )
}

/** What the marks mean. */
export function PlotLegend({ hasBand, stances }: { hasBand: boolean; stances: ReadonlySet<Stance> }): ReactNode {
  const entries: readonly (readonly [Stance | "claim" | "value", string, boolean])[] = [
    ["claim", "claim", true],
    ["agrees", "agrees", stances.has("agrees")],
    ["differs", "differs", stances.has("differs")],
    ["unjudged", "not judged yet", stances.has("unjudged")],
    [
      "author",
      "no vote",
      [...stances].some((one) => one === "author" || one === "no_baseline" || one === "other_class"),
    ],
    ["value", "value, with its standard error", stances.size > 0],
  ]
  return (
    <ul className={styles.legend} aria-label="Legend">
      {entries
        .filter(([, , isThere]) => isThere)
        .map(([mark, words]) => (
          <li key={mark}>
            <svg viewBox="-8 -8 16 16" className={styles.key} aria-hidden>
              {MARKS[mark]}
            </svg>
            {words}
          </li>
        ))}
      {hasBand && (
        <li>
          <span className={styles.bandKey} aria-hidden />
          agrees with the claim
        </li>
      )}
    </ul>
  )
}

function Ground({ scale }: { scale: ClaimScale }): ReactNode {
  const { band, ticks, claim } = scale
  return (
    <>
      {band !== null && (
        <rect x={percent(band.from)} width={percent(band.to - band.from)} y="0" height="100%" className={styles.band} />
      )}
      {ticks.map(({ text, at }) => (
        <line key={text} x1={percent(at)} x2={percent(at)} y1="0" y2="100%" className={styles.grid} />
      ))}
      <line x1={percent(claim)} x2={percent(claim)} y1="0" y2="100%" className={styles.claim} />
    </>
  )
}

/** Draws about the point where a value lies, in pixels: only the place depends on the width. */
function At({ place, children }: { place: Place; children: ReactNode }): ReactNode {
  return (
    <svg x={percent(place.at)} y="50%" className={styles.at}>
      {children}
    </svg>
  )
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}
