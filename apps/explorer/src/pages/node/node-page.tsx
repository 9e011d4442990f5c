import { type NodeDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card, Facts, Figures } from "../../components/card.tsx"
import { CopyId, Identicon } from "../../components/ids.tsx"
import { ProfileCard } from "../../components/profile-card.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount } from "../../lib/format.ts"
import { NodeExperiments } from "./node-experiments.tsx"
import { NodeReruns } from "./node-reruns.tsx"
import { NodeTasks } from "./node-tasks.tsx"
import nodeStyles from "./node-page.module.css"
import styles from "../page.module.css"

const route = getRouteApi("/n/$nodeId")

/** What one node contributed. */
export function NodePage(): ReactNode {
  const { nodeId } = route.useParams()
  const node = useQuery(queries.node(nodeId))
  useTitle(titleOf(nodeId, node.data))
  if (node.isError) return <Failure isPage error={node.error} retry={() => void node.refetch()} />
  if (node.data === undefined) return <Loading height={400} />
  const { data } = node
  const name = data.name?.trim() ?? ""
  return (
    <div className={styles.page}>
      <header className={nodeStyles.header}>
        <Identicon id={data.id} size={48} />
        <div>
          <p className={styles.crumbs}>
            <Link to="/nodes">Nodes</Link>
            <span aria-hidden>/</span>
          </p>
          <h1 className={nodeStyles.title}>
            {name !== "" && <VisibleText text={name} max={64} />}
            <code className={nodeStyles.short}>{shortId(data.id)}</code>
            {data.self && <span className={nodeStyles.self}>this node</span>}
          </h1>
        </div>
      </header>
      <Figures
        items={[
          { label: "Experiments", value: formatCount(data.experiments), note: `${formatCount(data.kept)} kept` },
          { label: "Reruns", value: formatCount(data.verifications), note: "of others’ experiments" },
          {
            label: "Last activity",
            value: data.last_activity === null ? "–" : <Ago time={data.last_activity} />,
            note: data.self ? "" : data.connected ? "connected now" : "not connected",
          },
        ]}
      />
      {data.profile !== null && <ProfileCard profile={data.profile} />}
      <NodeTasks node={data} />
      <NodeReruns nodeId={data.id} total={data.verifications} />
      <NodeExperiments nodeId={data.id} total={data.experiments} />
      <Card title="Identity">
        <Facts
          rows={[
            ["Node id", <CopyId key="id" id={data.id} label="the node id" />],
            ["Connected from", data.address === null ? "–" : <VisibleText key="a" text={data.address} max={200} />],
          ]}
        />
      </Card>
    </div>
  )
}

function titleOf(id: string, node: NodeDetail | undefined): string {
  const name = node?.name?.trim() ?? ""
  return name === "" ? `Node ${shortId(id)}` : `${name} (${shortId(id)})`
}
