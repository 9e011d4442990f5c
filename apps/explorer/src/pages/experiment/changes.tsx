import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { DiffView, FileView } from "../../components/code-view.tsx"
import { Failure, Loading, Partial } from "../../components/states.tsx"
import { shortId } from "../../lib/text.ts"
import { Choice } from "../task/choice.tsx"

type View = "diff" | "code"

/** What the experiment changed, or its whole code. */
export function Changes({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const [view, setView] = useState<View>(experiment.parent === null ? "code" : "diff")
  return (
    <Card
      title={view === "diff" ? "What it changed" : "Code"}
      aside={
        experiment.parent !== null && (
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
      {view === "diff" ? <DiffPart id={experiment.id} /> : <CodePart id={experiment.id} />}
    </Card>
  )
}

function DiffPart({ id }: { id: string }): ReactNode {
  const diff = useQuery(queries.diff(id))
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <Loading lines={5} height={180} />
  if (!diff.data.held) return <NotHeld cids={diff.data.missing} />
  if (diff.data.files.length === 0) return <p>The code is the same as its parent’s: a run of it again.</p>
  return diff.data.files.map((file) => <DiffView key={file.path} file={file} />)
}

function CodePart({ id }: { id: string }): ReactNode {
  const code = useQuery(queries.code(id))
  if (code.isError) return <Failure error={code.error} retry={() => void code.refetch()} />
  if (code.data === undefined) return <Loading lines={8} height={240} />
  if (!code.data.held) return <NotHeld cids={[code.data.code]} />
  return code.data.files.map((file) => <FileView key={file.path} file={file} />)
}

function NotHeld({ cids }: { cids: readonly string[] }): ReactNode {
  return (
    <Partial>
      The code {cids.map((cid) => shortId(cid)).join(" and ")} is not held on this node. Nodes that follow the task
      fetch it from peers as they meet them; its id stays the same wherever it comes from.
    </Partial>
  )
}
