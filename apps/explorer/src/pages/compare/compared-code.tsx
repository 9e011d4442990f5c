import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { DiffFiles } from "../experiment/changes.tsx"
import { NotHeld } from "../experiment/not-held.tsx"
import { Choice } from "../task/choice.tsx"
import styles from "./compare-page.module.css"

const route = getRouteApi("/compare")

/** How the code of B differs from that of A. */
export function ComparedCode({ a, b }: { a: ExperimentDetail; b: ExperimentDetail }): ReactNode {
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Card
      title="Code, from A to B"
      aside={
        <Choice
          label="View"
          value={view ?? "unified"}
          options={[
            ["unified", "unified"],
            ["split", "side by side"],
          ]}
          onChoose={(chosen) =>
            void navigate({
              search: (now) => ({ ...now, view: chosen === "split" ? "split" : undefined }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      <CodeDiff a={a} b={b} isSplit={view === "split"} />
    </Card>
  )
}

function CodeDiff({ a, b, isSplit }: { a: ExperimentDetail; b: ExperimentDetail; isSplit: boolean }): ReactNode {
  const diff = useQuery(queries.diff(b.id, a.id))
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <Loading lines={5} height={180} />
  if (!diff.data.held) return <NotHeld what="code" cids={diff.data.missing} network={b.network} />
  if (diff.data.files.length === 0) return <p className={styles.note}>Both have the same code.</p>
  return <DiffFiles diff={diff.data} task={b.task} isSplit={isSplit} />
}
