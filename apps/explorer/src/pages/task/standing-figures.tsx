import type { Experiment, Standing, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Figures } from "../../components/card.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Ago } from "../../components/time.tsx"
import { formatCount, formatDelta, formatPercent, formatValue, gainOver, plural } from "../../lib/format.ts"
import { standingWords, trustWords, valueWords } from "../../lib/words.ts"
import styles from "./standing-figures.module.css"

/** How far the search has come in a class, and why that can be trusted. */
export function StandingFigures({
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
            value: best === null ? "–" : <BestValue best={best} task={task} />,
            note: bestNote(best, tied),
          },
          {
            label: "Gain over the baseline",
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
            note: `${formatCount(standing?.frontier ?? 0)} on the frontier, ${plural(standing?.candidates ?? 0, "candidate")}`,
          },
          {
            label: "Nodes",
            value: formatCount(standing?.nodes ?? 0),
            note: (standing?.nodes ?? 0) === 1 ? "seen from one key only" : "ran something in this class",
          },
          { label: "Last activity", value: task.last_activity === null ? "never" : <Ago time={task.last_activity} /> },
        ]}
      />
      <p className={styles.trust}>{trustWords(best, tied)}</p>
    </div>
  )
}

function BestValue({ best, task }: { best: Experiment; task: TaskDetail }): ReactNode {
  return (
    <Link to="/e/$experimentId" params={{ experimentId: best.id }} className={styles.best}>
      {valueWords(best, task.metric)}
    </Link>
  )
}

function bestNote(best: Experiment | null, tied: number): ReactNode {
  if (best === null) return "no result yet"
  return (
    <span className={styles.standing}>
      {standingWords(best) || "not compared yet"}
      {tied > 1 && `, ${formatCount(tied)} tied`}
      <VerdictBadge row={best} explanation={best.explanation} />
    </span>
  )
}
