import type { ExperimentDetail, Log as HeldLog, Outcome } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react"
import { client, queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatBytes, formatCount, plural, pluralNoun } from "../../lib/format.ts"
import { LossCurves } from "./loss-curve.tsx"
import { readCurves } from "./loss-curve-points.ts"
import styles from "./log.module.css"
import { NotHeld } from "./not-held.tsx"

const route = getRouteApi("/e/$experimentId")

const TITLES: Record<Outcome, string> = {
  ok: "Log",
  incorrect: "Log of the run, whose result was incorrect",
  crash: "Log of the run that crashed",
  timeout: "Log of the run, up to its timeout",
}

/** Lines shown at first, and added each time earlier ones are asked for. */
const LINES = 200
/** Lines found, beyond which a search shows no more. */
const MAX_FOUND = 500
/** Of a longer line its beginning. */
const MAX_LINE = 4000

/** The run's output, its end first, with the loss curve it tells. Absent where the record names none. */
export function Log({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { log: ref, outcome } = experiment
  const log = useQuery({ ...queries.log(experiment.id), enabled: ref !== null })
  if (ref === null) return null
  return (
    <Card id="log" title={TITLES[outcome]} aside={ref.held && <a href={client.blobUrl(ref.cid)}>as a file</a>}>
      {!ref.held ? (
        <NotHeld what="log" cids={[ref.cid]} network={experiment.network} />
      ) : log.isError ? (
        <Failure error={log.error} retry={() => void log.refetch()} />
      ) : log.data === undefined ? (
        <Loading lines={6} height={260} />
      ) : log.data.text === null ? (
        <p className={styles.note}>It is not text. “As a file” saves it.</p>
      ) : (
        <>
          <ExperimentCurves experiment={experiment} log={log.data.text} />
          <LogText log={log.data} text={log.data.text} />
        </>
      )}
    </Card>
  )
}

/** This run's loss, with its parent's behind it. */
function ExperimentCurves({ experiment, log }: { experiment: ExperimentDetail; log: string }): ReactNode {
  const curves = useMemo(() => readCurves(log), [log])
  const parent = experiment.parent_experiment
  const parentLog = useQuery({ ...queries.log(parent?.id ?? ""), enabled: parent !== null && curves.length > 0 })
  const parentText = parentLog.data?.text ?? null
  const parentCurves = useMemo(() => (parentText === null ? [] : readCurves(parentText)), [parentText])
  return (
    <LossCurves
      sets={[
        { label: "its parent", tone: "second", curves: parentCurves },
        { label: "this run", tone: "first", curves },
      ]}
    />
  )
}

function LogText({ log, text }: { log: HeldLog; text: string }): ReactNode {
  const { find = "" } = route.useSearch()
  const navigate = route.useNavigate()
  const lines = useMemo(() => text.replace(/\r?\n$/, "").split(/\r?\n/), [text])
  const found = useMemo(() => findLines(lines, find), [lines, find])
  return (
    <>
      <div className={styles.bar}>
        <input
          type="search"
          className={styles.find}
          placeholder="Find in the log"
          aria-label="Find in the log"
          value={find}
          maxLength={256}
          onChange={({ target }) =>
            void navigate({
              search: (now) => ({ ...now, find: target.value === "" ? undefined : target.value }),
              replace: true,
              resetScroll: false,
            })
          }
        />
        <span className={styles.note} role="status">
          {found === null
            ? log.truncated
              ? `the last ${formatBytes(text.length)} of ${formatBytes(log.bytes ?? text.length)}`
              : plural(lines.length, "line")
            : `in ${formatCount(found.length)} of ${plural(lines.length, "line")}`}
        </span>
      </div>
      {found === null ? <Tail lines={lines} /> : <Found lines={lines} found={found} find={find} />}
    </>
  )
}

/** The end of a log, scrolled to its last line; earlier lines on demand. */
function Tail({ lines }: { lines: readonly string[] }): ReactNode {
  const [count, setCount] = useState(LINES)
  const box = useRef<HTMLPreElement>(null)
  const shown = lines.slice(-count)
  const hidden = lines.length - shown.length
  /** How far from the end the box is to be scrolled, once drawn: what one reads stays when earlier lines come above. */
  const fromEnd = useRef<number | null>(0)
  useLayoutEffect(() => {
    if (box.current === null || fromEnd.current === null) return
    box.current.scrollTop = box.current.scrollHeight - fromEnd.current
    fromEnd.current = null
  })
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre ref={box} className={styles.log} tabIndex={0} role="group" aria-label="The end of the log">
      {hidden > 0 && (
        <button
          type="button"
          className={styles.earlier}
          onClick={() => {
            if (box.current !== null) fromEnd.current = box.current.scrollHeight - box.current.scrollTop
            setCount(count + LINES * 4)
          }}
        >
          {formatCount(hidden)} earlier {pluralNoun(hidden, "line")}
        </button>
      )}
      {shown.map((line, i) => (
        // Numbered from the end, which stays where it is when earlier lines are added.
        // oxlint-disable-next-line react/no-array-index-key
        <LogLine key={shown.length - i} text={line} />
      ))}
    </pre>
  )
}

function Found({
  lines,
  found,
  find,
}: {
  lines: readonly string[]
  found: readonly number[]
  find: string
}): ReactNode {
  if (found.length === 0) return <p className={styles.none}>No line has these characters.</p>
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre className={styles.log} tabIndex={0} role="group" aria-label="Lines found">
        {found.slice(0, MAX_FOUND).map((at) => (
          <LogLine key={at} text={lines[at] ?? ""} find={find} number={at + 1} />
        ))}
      </pre>
      {found.length > MAX_FOUND && <p className={styles.note}>The first {MAX_FOUND} of them.</p>}
    </>
  )
}

function LogLine({ text, find, number }: { text: string; find?: string; number?: number }): ReactNode {
  const shown = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text
  return (
    <span className={styles.line}>
      {number !== undefined && <span className={styles.number}>{number}</span>}
      <span>
        {find === undefined ? (
          <VisibleText text={shown} />
        ) : (
          splitAt(shown, find).map(({ part, isFound }, i) =>
            // oxlint-disable-next-line react/no-array-index-key -- stretches have no identity but their place
            isFound ? (
              <mark key={i}>
                <VisibleText text={part} />
              </mark>
            ) : (
              <VisibleText key={i} text={part} />
            ),
          )
        )}
        {"\n"}
      </span>
    </span>
  )
}

/** The places of the lines that have `find` in them, in any case; null where nothing is looked for. */
function findLines(lines: readonly string[], find: string): number[] | null {
  if (find === "") return null
  const wanted = find.toLowerCase()
  return lines.flatMap((line, i) => (line.toLowerCase().includes(wanted) ? [i] : []))
}

function splitAt(text: string, find: string): { part: string; isFound: boolean }[] {
  const at = text.toLowerCase().indexOf(find.toLowerCase())
  if (at === -1) return [{ part: text, isFound: false }]
  const end = at + find.length
  return [
    { part: text.slice(0, at), isFound: false },
    { part: text.slice(at, end), isFound: true },
    { part: text.slice(end), isFound: false },
  ]
}
