import type { TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { NodeTable } from "../../components/node-table.tsx"
import { Failure, Loading } from "../../components/states.tsx"

/** Who worked on this task. */
export function NodesTab({ task }: { task: TaskDetail }): ReactNode {
  const nodes = useQuery(queries.nodes(task.id))
  if (nodes.isError) return <Failure error={nodes.error} retry={() => void nodes.refetch()} />
  if (nodes.data === undefined) return <Loading lines={4} height={240} />
  return (
    <Card flush>
      <NodeTable nodes={nodes.data.items} />
    </Card>
  )
}
