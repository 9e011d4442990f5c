import type { CopyManifest } from "@spore/api/static-client"
import type { ReactNode } from "react"
import { formatCount } from "../lib/format.ts"
import styles from "./copy-banner.module.css"
import { NodeName } from "./ids.tsx"

/** Says of what, when and by whom a static copy was made. */
export function CopyBanner({ copy }: { copy: CopyManifest }): ReactNode {
  const copied = copy.tasks.reduce((sum, task) => sum + task.copied, 0)
  const known = copy.tasks.reduce((sum, task) => sum + task.experiments, 0)
  const date = new Date(copy.date * 1000)
  return (
    <p className={styles.banner}>
      <span>
        Copy of{" "}
        <time dateTime={date.toISOString()} title={date.toISOString()}>
          {date.toISOString().slice(0, 10)}
        </time>
      </span>
      {copy.node !== null && (
        <span className={styles.node}>
          by node <NodeName id={copy.node} name={copy.name} />
        </span>
      )}
      {copied < known && (
        <span>
          with {formatCount(copied)} of {formatCount(known)} experiments
        </span>
      )}
    </p>
  )
}
