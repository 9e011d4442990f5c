import { type ExperimentDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { DiffView, FileView } from "../../components/code-view.tsx"
import { Failure, Loading, Partial } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { Choice } from "../task/choice.tsx"

type View = "diff" | "code"

/** What the experiment changed, or its whole code. */
export function Changes({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const hasParent = experiment.parent_experiment !== null
  const [view, setView] = useState<View>(hasParent ? "diff" : "code")
  return (
    <Card
      title={view === "diff" ? "What it changed" : "Code"}
      aside={
        hasParent && (
          <Choice
            label="View"
            value={view}
            options={[
              ["diff", "against the parent"],
              ["code", "whole code"],
            ]}
            onChoose={(chosen) => setView(chosen === "code" ? "code" : "diff")}
          />
        )
      }
    >
      {view === "diff" ? <DiffPart experiment={experiment} /> : <CodePart experiment={experiment} />}
    </Card>
  )
}

function DiffPart({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const diff = useQuery(queries.diff(experiment.id))
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <Loading lines={5} height={180} />
  if (!diff.data.held) return <NotHeld cids={diff.data.missing} experiment={experiment} />
  if (diff.data.files.length === 0) return <p>The code is the same as its parent’s: a run of it again.</p>
  return diff.data.files.map((file) => <DiffView key={file.path} file={file} />)
}

function CodePart({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const code = useQuery(queries.code(experiment.id))
  if (code.isError) return <Failure error={code.error} retry={() => void code.refetch()} />
  if (code.data === undefined) return <Loading lines={8} height={240} />
  if (!code.data.held) return <NotHeld cids={[code.data.code]} experiment={experiment} />
  return code.data.files.map((file) => <FileView key={file.path} file={file} />)
}

function NotHeld({ cids, experiment }: { cids: readonly string[]; experiment: ExperimentDetail }): ReactNode {
  const isLegacy = experiment.network !== "spore"
  return (
    <Partial>
      The code <VisibleText text={cids.map((cid) => shortId(cid)).join(" and ")} max={80} /> is not held on this node.{" "}
      {isLegacy
        ? "It was signed in the sporemesh 0.6 network, and comes with a data folder that has it."
        : "Nodes that follow the task fetch it from peers as they meet them; its id stays the same wherever it comes from."}
    </Partial>
  )
}
