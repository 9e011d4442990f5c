import { type Experiment, shortId, type TaskDetail, type TaskFact } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatClock, formatDelta, formatTime, formatValue, gainOver, isoTime } from "../../lib/format.ts"
import { outcomeWords, scoreWords } from "../../lib/words.ts"
import styles from "./activity-tab.module.css"

const VERBS = new Map([
  ["experiment", "tried"],
  ["verification", "reran"],
  ["challenge", "challenged"],
  ["challenge_response", "reran, as a challenge asked,"],
  ["dispute", "remarked on"],
])
const RERUNS = ["verification", "challenge_response"]

/** One fact as a sentence: who did what, and what it came to; beside it how the experiment stands now. */
export function FactLine({ fact, task }: { fact: TaskFact; task: TaskDetail }): ReactNode {
  const kind = fact.kind.replace(/^legacy_/, "")
  const { subject } = fact
  return (
    <li className={styles.fact}>
      <span className={styles.when}>
        <time dateTime={isoTime(fact.created)} title={formatTime(fact.created)}>
          {formatClock(fact.created)}
        </time>
      </span>
      <span className={styles.what}>
        <NodeName id={fact.node} name={fact.node_name} /> {VERBS.get(kind) ?? kind} <Subject fact={fact} />
        <span className={styles.meaning}>{meaning(fact, kind, task)}</span>
      </span>
      <span className={styles.now}>{subject !== null && <Now subject={subject} />}</span>
    </li>
  )
}

function Subject({ fact: { id, experiment, title, subject } }: { fact: TaskFact }): ReactNode {
  if (experiment === null) return <code>{shortId(id)}</code>
  return (
    <Link to="/e/$experimentId" params={{ experimentId: experiment }}>
      {subject === null ? (
        <VisibleText text={title === null || title === "" ? shortId(experiment) : title} max={90} />
      ) : (
        <ExperimentName row={subject} max={90} />
      )}
    </Link>
  )
}

/** How it stands by now, whatever the fact said when it was made. */
function Now({ subject }: { subject: Experiment }): ReactNode {
  return (
    <>
      <StatusMark row={subject} />
      {subject.value !== null && <VerdictBadge row={subject} explanation={subject.explanation} />}
    </>
  )
}

/** What the fact said, in the metric; a rerun beside the claim it is about. */
function meaning(fact: TaskFact, kind: string, { metric }: TaskDetail): string {
  const { subject, value, outcome } = fact
  if (kind === "experiment") {
    return subject === null || subject.status === "withheld"
      ? ""
      : scoreWords({ value, error: null, outcome: subject.outcome, status: subject.status }, metric)
  }
  if (RERUNS.includes(kind)) {
    if (value === null) return outcomeWords(outcome)
    const claim = subject?.claim ?? null
    const gain = gainOver(claim, value, metric.goal)
    if (gain === null) return formatValue(value, metric)
    const result = formatValue(value, metric)
    if (formatDelta(gain.delta, metric) === "±0") return `${result}, as claimed`
    return `${result}, ${formatValue(Math.abs(gain.delta), metric)} ${gain.isBetter ? "better" : "worse"} than the claim`
  }
  if (kind === "challenge") return "more keys are asked to rerun it"
  if (kind === "dispute") return `${outcomeWords(outcome)}, its author’s word: the verdict comes from reruns`
  return outcomeWords(outcome)
}
