import { type Diff, type ExperimentDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, useLocation } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { client, queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { DiffView } from "../../components/code-view/diff-view.tsx"
import { FileView } from "../../components/code-view/file-view.tsx"
import { languageOf } from "../../components/code-view/languages.ts"
import { Failure, Loading } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatBytes } from "../../lib/format.ts"
import { Choice } from "../task/choice.tsx"
import { AgainstChoice } from "./against-choice.tsx"
import styles from "./changes.module.css"
import { type View, viewOf, VIEWS } from "./experiment-search.ts"
import { NotHeld } from "./not-held.tsx"
import { settingChanges } from "./setting-changes.ts"
import { againstId, useTargets } from "./targets.ts"

const route = getRouteApi("/e/$experimentId")

/** Files that begin unfolded. */
const OPEN_FILES = 8

/** What the experiment changed against its parent or another, or its whole code. */
export function Changes({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const search = route.useSearch()
  const { against } = search
  const navigate = route.useNavigate()
  const targets = useTargets(experiment)
  const other = againstId(against, targets)
  const view = viewOf(search, experiment.parent_experiment !== null)
  const show = (next: View): void =>
    void navigate({ search: (now) => ({ ...now, view: next }), replace: true, resetScroll: false })
  return (
    <Card
      id="changes"
      title={view === "code" ? "Code" : "What it changed"}
      aside={
        <div className={styles.controls}>
          {view !== "code" && <AgainstChoice experiment={experiment} targets={targets} against={against} />}
          <Choice
            label="View"
            value={view}
            options={[
              ["unified", "unified"],
              ["split", "side by side"],
              ["code", "whole code"],
            ]}
            onChoose={(next) => show(VIEWS.find((each) => each === next) ?? "unified")}
          />
        </div>
      }
    >
      {view === "code" ? (
        <CodePart experiment={experiment} />
      ) : experiment.parent !== null || against !== undefined ? (
        <DiffPart experiment={experiment} against={other} isSplit={view === "split"} isChosen={against !== undefined} />
      ) : (
        <p className={styles.note}>It is where its lineage begins: there is no parent to compare it with.</p>
      )}
    </Card>
  )
}

function DiffPart({
  experiment,
  against,
  isSplit,
  isChosen,
}: {
  experiment: ExperimentDetail
  against: string | null
  isSplit: boolean
  isChosen: boolean
}): ReactNode {
  const diff = useQuery({
    ...queries.diff(experiment.id, isChosen ? (against ?? undefined) : undefined),
    // Which one is the best, or the baseline, comes with another answer.
    enabled: !isChosen || against !== null,
  })
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <Loading lines={5} height={180} />
  if (!diff.data.held && diff.data.missing.length === 0) {
    return (
      <p className={styles.note}>
        Its parent {shortId(diff.data.against ?? "")} has not reached this node, so there is nothing to compare it with
        here.
      </p>
    )
  }
  if (!diff.data.held) return <NotHeld what="code" cids={diff.data.missing} network={experiment.network} />
  if (diff.data.files.length === 0) {
    return (
      <p className={styles.note}>
        {isChosen ? "Both have the same code." : "The code is the same as its parent’s: a run of it again."}
      </p>
    )
  }
  return <DiffFiles diff={diff.data} task={experiment.task} isSplit={isSplit} />
}

/** How two experiments' code differs, file by file, with the settings that did in front. */
export function DiffFiles({ diff, task, isSplit }: { diff: Diff; task: string; isSplit: boolean }): ReactNode {
  const before = useTexts(diff.against)
  const after = useTexts(diff.experiment)
  const { data: taskDetail } = useQuery(queries.task(task))
  const settings = settingChanges(diff.files)
  return (
    <>
      {settings.length > 0 && (
        <ul className={styles.settings} aria-label="Settings that changed">
          {settings.map(({ name, before: from, after: to }) => (
            <li key={name}>
              <VisibleText text={name} max={40} /> <span className={styles.from}>{from}</span> → <strong>{to}</strong>
            </li>
          ))}
        </ul>
      )}
      {diff.files.map((file) => (
        <DiffView
          key={file.path}
          file={file}
          sources={{ before: before.get(file.path), after: after.get(file.path) }}
          language={languageOf(file.path, taskDetail?.artifact)}
          isSplit={isSplit}
        />
      ))}
    </>
  )
}

/** The text of each of an experiment's files, as far as it is here. */
function useTexts(id: string | null): ReadonlyMap<string, string> {
  const code = useQuery({ ...queries.code(id ?? ""), enabled: id !== null })
  return new Map((code.data?.files ?? []).flatMap(({ path, text }) => (text === null ? [] : [[path, text]])))
}

function CodePart({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const code = useQuery(queries.code(experiment.id))
  const { data: task } = useQuery(queries.task(experiment.task))
  const hash = useLocation({ select: (location) => location.hash })
  if (code.isError) return <Failure error={code.error} retry={() => void code.refetch()} />
  if (code.data === undefined) return <Loading lines={8} height={240} />
  if (!code.data.held) return <NotHeld what="code" cids={[code.data.code]} network={experiment.network} />
  const cid = code.data.code
  return code.data.files.map((file, i) => {
    const anchor = file.path === "" ? "" : `${file.path}:`
    return (
      <FileView
        key={file.path}
        file={file}
        language={languageOf(file.path, task?.artifact)}
        anchor={anchor}
        linked={linkedLine(hash, anchor)}
        startsOpen={i < OPEN_FILES}
        omitted={
          file.omitted === "too_large" ? <LargeFile cid={cid} file={file} isWhole={file.path === ""} /> : "Not text."
        }
      />
    )
  })
}

/** The line of a file that the address names: `L12`, or `model/net.py:L12` where there are several files. */
function linkedLine(hash: string, anchor: string): number | null {
  const decoded = decodeOrEmpty(hash)
  if (!decoded.startsWith(`${anchor}L`)) return null
  const number = Number(decoded.slice(anchor.length + 1))
  return Number.isSafeInteger(number) && number > 0 ? number : null
}

function decodeOrEmpty(hash: string): string {
  try {
    return decodeURIComponent(hash)
  } catch {
    return ""
  }
}

/** A file too large to come with the rest: fetched alone when asked for. */
function LargeFile({
  cid,
  file,
  isWhole,
}: {
  cid: string
  file: { path: string; size: number }
  isWhole: boolean
}): ReactNode {
  const [isAsked, setAsked] = useState(false)
  const text = useQuery({ ...queries.blobText(cid), enabled: isAsked && isWhole })
  if (text.data !== undefined) {
    return (
      <FileView
        file={{ path: "", size: file.size, text: text.data, omitted: null }}
        language={null}
        anchor=""
        linked={null}
        omitted=""
      />
    )
  }
  if (text.isError) return <Failure error={text.error} retry={() => void text.refetch()} />
  return (
    <>
      <p>
        {formatBytes(file.size)}: too large to show with the rest. To a file: <code>spore artifact get {cid}</code>
      </p>
      {isWhole && (
        <p>
          <button type="button" className={styles.button} disabled={text.isLoading} onClick={() => setAsked(true)}>
            Show anyway
          </button>{" "}
          or <a href={client.blobUrl(cid)}>open it as a file</a>
        </p>
      )}
    </>
  )
}
