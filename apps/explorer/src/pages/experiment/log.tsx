import { type ArtifactRef, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { client, queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { Failure, Loading, Partial } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import styles from "../page.module.css"

/** Of a long log its end: that is where a run says how it went. */
const MAX_SHOWN = 64 * 1024

/** The run's output, where held. Absent where the record names none. */
export function Log({ log }: { log: ArtifactRef | null }): ReactNode {
  if (log === null) return null
  return (
    <Card title="Log" aside={log.held && <a href={client.blobUrl(log.cid)}>as a file</a>}>
      {log.held ? <LogText cid={log.cid} /> : <Partial>The log {shortId(log.cid)} is not held on this node.</Partial>}
    </Card>
  )
}

function LogText({ cid }: { cid: string }): ReactNode {
  const log = useQuery(queries.log(cid))
  if (log.isError) return <Failure error={log.error} />
  if (log.data === undefined) return <Loading lines={4} />
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre className={styles.log} tabIndex={0}>
      <VisibleText text={log.data.slice(-MAX_SHOWN)} />
    </pre>
  )
}
