import { shortId } from "@spore/api/client"
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { Card, Facts, Figures } from "../components/card.tsx"
import { ExperimentName, NetworkBadge } from "../components/experiment-name.tsx"
import { CopyId, Identicon } from "../components/ids.tsx"
import { ProfileCard } from "../components/profile-card.tsx"
import { StatusMark, VerdictBadge } from "../components/shapes.tsx"
import { Empty, Failure, Loading } from "../components/states.tsx"
import tableStyles from "../components/table.module.css"
import { Ago } from "../components/time.tsx"
import { useTitle } from "../components/use-title.ts"
import { VisibleText } from "../components/visible-text.tsx"
import { formatCount } from "../lib/format.ts"
import { scoreWords } from "../lib/words.ts"
import { NodeReruns } from "./node-reruns.tsx"
import nodeStyles from "./node-page.module.css"
import styles from "./page.module.css"
import { NewPill, useNewSince } from "./task/list-parts.tsx"

const route = getRouteApi("/n/$nodeId")

/** What one node contributed. */
export function NodePage(): ReactNode {
  const { nodeId } = route.useParams()
  useTitle(`Node ${shortId(nodeId)}`)
  const node = useQuery(queries.node(nodeId))
  if (node.isError) return <Failure error={node.error} retry={() => void node.refetch()} />
  if (node.data === undefined) return <Loading height={400} />
  const { data } = node
  return (
    <div className={styles.page}>
      <header className={nodeStyles.header}>
        <Identicon id={data.id} size={48} />
        <div>
          <p className={styles.crumbs}>
            <Link to="/network">Network</Link>
            <span aria-hidden>/</span>
          </p>
          <h1>
            Node {shortId(data.id)}
            {data.profile !== null && data.profile.display_name !== "" && (
              <span className={nodeStyles.name}>
                {" "}
                <VisibleText text={data.profile.display_name} max={64} />
              </span>
            )}
            {data.self && <span className={nodeStyles.self}> this node</span>}
          </h1>
        </div>
      </header>
      <Figures
        items={[
          { label: "Experiments", value: formatCount(data.experiments), note: `${formatCount(data.kept)} kept` },
          { label: "Reruns", value: formatCount(data.verifications), note: "of others’ experiments" },
          {
            label: "Last activity",
            value: data.last_activity === 0 ? "–" : <Ago time={data.last_activity} />,
            note: data.self ? "" : data.connected ? "connected now" : "not connected",
          },
        ]}
      />
      {data.profile !== null && <ProfileCard profile={data.profile} />}
      <Card title="Tasks" flush>
        {data.tasks.length === 0 ? (
          <Empty title="No contribution of this node is known here" />
        ) : (
          <div className={tableStyles.scroll}>
            <table className={tableStyles.table}>
              <thead>
                <tr>
                  <th scope="col">Task</th>
                  <th scope="col" className={tableStyles.number}>
                    Experiments
                  </th>
                  <th scope="col" className={tableStyles.number}>
                    Kept
                  </th>
                  <th scope="col" className={tableStyles.number}>
                    Reruns
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.tasks.map((task) => (
                  <tr key={task.id}>
                    <td>
                      <Link to="/t/$taskId" params={{ taskId: task.id }} search={{ node: data.id }}>
                        <VisibleText text={task.name} max={64} />
                      </Link>
                    </td>
                    <td className={tableStyles.number}>{formatCount(task.experiments)}</td>
                    <td className={tableStyles.number}>{formatCount(task.kept)}</td>
                    <td className={tableStyles.number}>{formatCount(task.verifications)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      <NodeReruns nodeId={data.id} total={data.verifications} />
      <RecentExperiments nodeId={data.id} total={data.experiments} />
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

function RecentExperiments({ nodeId, total }: { nodeId: string; total: number }): ReactNode {
  const recent = useInfiniteQuery(queries.experiments({ node: nodeId, sort: "newest" }))
  const [arrived, rebase] = useNewSince(total, recent.data?.pages[0])
  const rows = recent.data?.pages[0]?.items.slice(0, 20) ?? []
  if (rows.length === 0) return null
  return (
    <Card title="Recent experiments" flush>
      <NewPill
        count={arrived}
        noun="experiment"
        onShow={() => void recent.refetch().then(rebase)}
        isLoading={recent.isRefetching}
      />
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" className={tableStyles.number}>
                Value
              </th>
              <th scope="col">Status</th>
              <th scope="col">Reruns say</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
                    <ExperimentName row={row} max={80} />
                  </Link>
                  <NetworkBadge of={row} />
                </td>
                {/* Of many tasks: the digits are those of the value itself. */}
                <td className={tableStyles.number}>{scoreWords(row, { min_effect: 0 })}</td>
                <td>
                  <StatusMark row={row} />
                </td>
                <td>{row.value !== null && <VerdictBadge row={row} explanation={row.explanation} />}</td>
                <td>
                  <Ago time={row.created} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}
