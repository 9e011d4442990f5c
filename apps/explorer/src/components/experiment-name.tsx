import { type Experiment, type Network, shortId } from "@spore/api/client"
import type { ReactNode } from "react"
import styles from "./experiment-name.module.css"
import { VisibleText } from "./visible-text.tsx"

/** An experiment by its title; by the end of its id where it has none, or this node withholds it. */
export function ExperimentName({
  row,
  max,
}: {
  row: Pick<Experiment, "id" | "title" | "status">
  max: number
}): ReactNode {
  if (row.status === "withheld") return <span className={styles.withheld}>withheld {shortId(row.id)}</span>
  return <VisibleText text={row.title === "" ? shortId(row.id) : row.title} max={max} />
}

/** Says that something is of the older network; nothing for Spore's own. */
export function NetworkBadge({ of }: { of: { network: Network } }): ReactNode {
  if (of.network === "spore") return null
  return (
    <span className={styles.badge} title="Of the sporemesh 0.6 network, kept as it was signed">
      0.6
    </span>
  )
}
