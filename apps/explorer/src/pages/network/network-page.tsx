import { type NodeStatus, type Stats, type UpdateStatus, updateWords } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card, Facts, Figures } from "../../components/card.tsx"
import { CopyId } from "../../components/ids.tsx"
import { Notices } from "../../components/notices.tsx"
import { isWorking, Now } from "../../components/now.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount } from "../../lib/format.ts"
import { className } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import { LogTail } from "./log-tail.tsx"
import styles from "./network-page.module.css"
import { PeerTable } from "./peer-table.tsx"
import { ReachCard } from "./reach-card.tsx"
import { RerunsDue } from "./reruns-due.tsx"
import { ResearchCard } from "./research-card.tsx"

const MODE_WORDS: Record<NodeStatus["mode"], string> = {
  research: "research and verify",
  verify: "verify only",
  sync: "carry facts only: it runs no code",
  explorer: "show a data folder",
}

/** This node now, and those it is connected to. */
export function NetworkPage(): ReactNode {
  useTitle("Network")
  // Peers are told of as they come and go; how far they are synced is not.
  const status = useQuery({ ...queries.status(), refetchInterval: 5000 })
  const stats = useQuery(queries.stats())
  if (status.data === undefined) {
    return status.isError ? (
      <Failure error={status.error} retry={() => void status.refetch()} />
    ) : (
      <Loading height={400} />
    )
  }
  const { data } = status
  return (
    <div className={pageStyles.page}>
      <h1>Network</h1>
      <Counts status={data} stats={stats.data} />
      {data.notices.length > 0 && (
        <div className={styles.box}>
          <Notices notices={data.notices} />
        </div>
      )}
      <div className={styles.box}>
        <Now status={data} />
        {isWorking(data) && <LogTail activities={data.activities} workers={data.research?.workers ?? 1} />}
      </div>
      {data.mode !== "explorer" && <Connected status={data} />}
    </div>
  )
}

function Connected({ status }: { status: NodeStatus }): ReactNode {
  return (
    <>
      <Card title="Peers" aside="connected now" flush>
        <PeerTable peers={status.peers} />
      </Card>
      <div className={styles.columns}>
        <div className={pageStyles.column}>
          <ReachCard status={status} />
          {status.research !== null && <ResearchCard research={status.research} />}
        </div>
        <div className={pageStyles.column}>
          <ThisNode status={status} />
          {isWorking(status) && <RerunsDue status={status} />}
        </div>
      </div>
    </>
  )
}

function Counts({ status, stats }: { status: NodeStatus; stats: Stats | undefined }): ReactNode {
  const count = (of: keyof Stats): string => (stats === undefined ? "–" : formatCount(stats[of]))
  return (
    <Figures
      items={[
        ...(status.mode === "explorer"
          ? []
          : [{ label: "Peers", value: formatCount(status.peers.length), note: "connected now" }]),
        { label: "Tasks", value: count("tasks"), note: <Link to="/">all</Link> },
        { label: "Experiments", value: count("experiments"), note: `${count("kept")} kept` },
        { label: "Reruns", value: count("verifications"), note: "by all nodes" },
        { label: "Nodes", value: count("nodes"), note: <Link to="/nodes">that contributed</Link> },
      ]}
    />
  )
}

function ThisNode({ status }: { status: NodeStatus }): ReactNode {
  const { sandbox, mode, hardware_class: hardwareClass, update } = status
  const isolation = sandbox.isolated ? "strangers’ code is kept apart" : "strangers’ code is not run"
  return (
    <Card title="This node">
      <Facts
        rows={[
          ["Node id", status.node === null ? "none" : <CopyId key="id" id={status.node} label="the node id" />],
          ["Version", <VisibleText key="v" text={status.version} max={64} />],
          ["Mode", MODE_WORDS[mode]],
          ["Started", <Ago key="t" time={status.started_at} />],
          ...(!isWorking(status)
            ? []
            : [
                ["Sandbox", `${sandbox.backend}: ${isolation}`] as const,
                ["Limits", sandbox.limits === "" ? "none" : sandbox.limits] as const,
                ["Hardware", hardwareClass === null ? "no task is followed" : className(hardwareClass)] as const,
              ]),
          ...(update === null ? [] : [["Updates", <Updates key="u" update={update} />] as const]),
          ["Facts stored", `up to number ${formatCount(status.seq)}`],
        ]}
      />
    </Card>
  )
}

/** Whether a newer release is out, what becomes of it, and when the channel last said so. */
function Updates({ update }: { update: UpdateStatus }): ReactNode {
  return (
    <>
      <VisibleText text={updateWords(update)} max={400} />
      {update.reached_at !== null && (
        <>
          , said <Ago time={update.reached_at} />
        </>
      )}
    </>
  )
}
