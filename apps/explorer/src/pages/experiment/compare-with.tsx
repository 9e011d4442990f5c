import type { ExperimentDetail } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import styles from "./compare-with.module.css"
import { useTargets } from "./targets.ts"

/** Ways to see it beside another: the parent, the best, the baseline or any. */
export function CompareWith({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { parent, best, baseline } = useTargets(experiment)
  const others = [
    ["its parent", parent],
    ["the best", best?.id === parent?.id ? null : best],
    ["the baseline", baseline?.id === parent?.id ? null : baseline],
  ] as const
  return (
    <span className={styles.compare}>
      compare with{" "}
      {others.map(
        ([words, other]) =>
          other !== null && (
            <Link key={words} to="/compare" search={{ a: other.id, b: experiment.id }}>
              {words}
            </Link>
          ),
      )}
      <Link to="/compare" search={{ b: experiment.id }}>
        another
      </Link>
    </span>
  )
}
