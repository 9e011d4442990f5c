import { type Network, shortId } from "@spore/api/client"
import type { ReactNode } from "react"
import { Partial } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import styles from "./changes.module.css"

/** What is named by a record but not held on this node, and the command that fetches it. */
export function NotHeld({
  what,
  cids,
  network,
}: {
  what: "code" | "log"
  cids: readonly string[]
  network: Network
}): ReactNode {
  return (
    <Partial>
      <p>
        The {what} <VisibleText text={cids.map((cid) => shortId(cid)).join(" and ")} max={80} /> is not held on this
        node.{" "}
        {network === "spore"
          ? "Nodes that follow the task fetch it from peers as they meet them; this fetches it now:"
          : "It was signed in the sporemesh 0.6 network, and comes with a data folder that has it."}
      </p>
      {network === "spore" &&
        cids.map((cid) => (
          <code key={cid} className={styles.command}>
            spore artifact get {cid}
          </code>
        ))}
    </Partial>
  )
}
