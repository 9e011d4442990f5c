import { type RefObject, useEffect, useRef } from "react"

/** Marks, once, that a chart has been drawn and is on the screen. */
export function usePainted(frame: RefObject<HTMLElement | null>, isDrawn: boolean): void {
  const isMarked = useRef(false)
  useEffect(() => {
    if (!isDrawn || isMarked.current) return
    isMarked.current = true
    // A frame's callbacks run before it is painted; a task that they start, after it.
    requestAnimationFrame(() =>
      setTimeout(() => {
        performance.mark("spore:chart-painted")
        frame.current?.setAttribute("data-painted", "")
      }),
    )
  }, [frame, isDrawn])
}
