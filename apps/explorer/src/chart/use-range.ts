import { useEffect, useRef, useState } from "react"
import { fit, isWhole, type Range, roundRange } from "./range.ts"

/** From the last movement to the URL: an address for each frame of it would make the page render anew. */
const SETTLE_MS = 250

export interface RangeView {
  /** What is looked at; all where undefined, which grows as experiments arrive. */
  readonly range: Range | undefined
  /** Looks at a stretch; at all of it where that is the whole. */
  show(range: Range): void
}

/** The stretch that is looked at: at once while it moves, in the URL when it has come to rest. */
export function useRange(
  settled: Range | undefined,
  whole: Range,
  least: number,
  onSettle: (range: Range | undefined) => void,
): RangeView {
  /** Undefined: as the URL says. */
  const [moving, setMoving] = useState<{ readonly range: Range | undefined }>()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const key = settled?.join() ?? ""
  const [seen, setSeen] = useState(key)
  if (seen !== key) {
    // The URL has caught up, or says something new.
    setSeen(key)
    setMoving(undefined)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    range: moving === undefined ? settled : moving.range,
    show: (wanted) => {
      const fitted = fit(wanted, whole, least)
      const range = isWhole(fitted, whole) ? undefined : fitted
      setMoving({ range })
      clearTimeout(timer.current)
      timer.current = setTimeout(() => onSettle(range && roundRange(range)), SETTLE_MS)
    },
  }
}
