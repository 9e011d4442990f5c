import type { OpenClaim } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import styles from "./claims.module.css"
import { NodeName } from "./ids.tsx"
import { VisibleText } from "./visible-text.tsx"

const MOST = 12

/** What others say they are trying now: nothing vouches for it. */
export function Claims({ claims }: { claims: readonly OpenClaim[] }): ReactNode {
  return (
    <ul className={styles.claims}>
      {claims.slice(0, MOST).map(({ node, node_name: name, parent, summary }, i) => (
        // A node may say the same of the same twice.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={i}>
          <Link to="/e/$experimentId" params={{ experimentId: parent }} title="What it builds on">
            <VisibleText text={summary} max={80} />
          </Link>{" "}
          <NodeName id={node} name={name} />
        </li>
      ))}
      {claims.length > MOST && <li>and {claims.length - MOST} more</li>}
    </ul>
  )
}
