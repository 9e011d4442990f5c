import { type Experiment, type ExperimentDetail, shortId } from "@spore/api/client"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { clip, visibleText } from "../../lib/text.ts"
import styles from "./changes.module.css"
import type { Targets } from "./targets.ts"

const route = getRouteApi("/e/$experimentId")

/** Chooses what the code is compared with: the parent, the best, the baseline or any ancestor. */
export function AgainstChoice({
  experiment,
  targets: { parent, best, baseline, ancestors },
  against,
}: {
  experiment: ExperimentDetail
  targets: Targets
  against: string | undefined
}): ReactNode {
  const navigate = route.useNavigate()
  const isKnown =
    against === undefined ||
    against === "best" ||
    against === "baseline" ||
    ancestors.some((ancestor) => ancestor.id === against)
  const choose = (value: string): void =>
    void navigate({
      search: (now) => ({
        ...now,
        against: value === "" ? undefined : value,
        view: now.view === "code" ? undefined : now.view,
      }),
      replace: true,
      resetScroll: false,
    })
  return (
    <label className={styles.against}>
      against
      <select value={against ?? ""} onChange={(event) => choose(event.target.value)}>
        <option value="" disabled={experiment.parent === null}>
          {parent === null ? "its parent" : `its parent, ${nameOf(parent)}`}
        </option>
        {(best !== null || against === "best") && (
          <option value="best">{best === null ? "the best" : `the best, ${nameOf(best)}`}</option>
        )}
        {(baseline !== null || against === "baseline") && <option value="baseline">the baseline</option>}
        {ancestors.length > 1 && (
          <optgroup label="Ancestors">
            {ancestors.slice(1).map((ancestor, i) => (
              <option key={ancestor.id} value={ancestor.id}>
                {i + 2} back: {nameOf(ancestor)}
              </option>
            ))}
          </optgroup>
        )}
        {!isKnown && <option value={against}>{shortId(against)}</option>}
      </select>
    </label>
  )
}

function nameOf({ title, id }: Experiment): string {
  return clip(visibleText(title === "" ? shortId(id) : title), 40)
}
