import type { TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { DownloadMenu } from "../../components/download-menu.tsx"
import { NodeTable } from "../../components/node-table.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { nodesTable } from "./exports.ts"
import styles from "./nodes-tab.module.css"

/** Who worked on this task, in all its classes. */
export function NodesTab({ task }: { task: TaskDetail }): ReactNode {
  const nodes = useQuery(queries.nodes(task.id))
  if (nodes.isError) return <Failure error={nodes.error} retry={() => void nodes.refetch()} />
  if (nodes.data === undefined) return <Loading lines={6} height={240} />
  const { items, next_cursor: more } = nodes.data
  return (
    <div className={styles.part}>
      <div className={styles.tools}>
        <p className={styles.words}>
          Who ran something of this task, in any class. A key is not a person: anybody can have many.
        </p>
        <DownloadMenu table={nodesTable(task)} />
      </div>
      <Card flush>
        <NodeTable nodes={items} />
      </Card>
      {more !== null && <p className={styles.words}>The first {items.length}; the file has all.</p>}
    </div>
  )
}
