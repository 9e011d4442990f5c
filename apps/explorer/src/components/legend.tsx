import { memo, type ReactNode, useId, useState } from "react"
import { type Layer, LAYER_WORDS, LAYERS } from "../chart/layers.ts"
import { formatCount } from "../lib/format.ts"
import { STATUS_MEANING } from "../lib/words.ts"
import styles from "./legend.module.css"
import { type Shape, ShapeIcon } from "./shapes.tsx"

export interface LegendLayers {
  /** Layers that this chart has; all where left out. */
  readonly of?: readonly Layer[]
  readonly counts: Readonly<Record<Layer, number>>
  readonly hidden: ReadonlySet<Layer>
  readonly onToggle: (layer: Layer) => void
}

const SHAPES: Record<Layer, Shape> = {
  best: "best",
  lineage: "lineage",
  kept: "kept",
  discarded: "discarded",
  frontier: "frontier",
  reproduced: "verified",
  disputed: "disputed",
  crashed: "crashed",
}

const MEANING: Record<Layer, string> = {
  best: "Running best: the best kept value up to each experiment. Each step is a new best.",
  lineage: "Lineage of the best: what it builds on, change by change, back to the baseline.",
  kept: STATUS_MEANING.keep,
  discarded: STATUS_MEANING.discard,
  frontier: "Frontier: the baseline, and what reruns by other keys promoted. New experiments build on it.",
  reproduced: "Reruns by other keys agree with the claim. Ticked where fewer than 800 are in sight.",
  disputed: "Reruns by other keys disagree with the claim. A refuted one leads nowhere: the running best passes it by.",
  crashed: "The run gave no score, so it has a line of its own beside the scale. A dash: withheld by this node.",
}

interface LegendProps {
  readonly layers?: LegendLayers | undefined
  /** Stands below while nothing is pointed at. */
  readonly hint: ReactNode
}

/** The marks of the chart with their counts; each can be hidden, and says what it means when pointed at. */
export const Legend = memo(function Legend({ layers, hint }: LegendProps): ReactNode {
  const [told, setTold] = useState<Layer>()
  const meaning = useId()
  return (
    <div className={styles.legend}>
      <ul className={styles.entries} aria-label="Legend: what is shown">
        {(layers?.of ?? LAYERS).map((layer) => (
          <li key={layer}>
            <button
              type="button"
              className={styles.entry}
              aria-pressed={layers?.hidden.has(layer) !== true}
              aria-describedby={told === layer ? meaning : undefined}
              disabled={layers === undefined}
              onClick={() => layers?.onToggle(layer)}
              onPointerEnter={() => setTold(layer)}
              onPointerLeave={() => setTold(undefined)}
              onFocus={() => setTold(layer)}
              onBlur={() => setTold(undefined)}
            >
              <ShapeIcon shape={SHAPES[layer]} />
              <span className={styles.words}>{LAYER_WORDS[layer]}</span>
              <span className={styles.count}>{layers === undefined ? "" : formatCount(layers.counts[layer])}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.meaning} id={meaning}>
        {told === undefined ? hint : MEANING[told]}
      </p>
    </div>
  )
})
