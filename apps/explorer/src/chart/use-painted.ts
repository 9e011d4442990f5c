import { type RefObject, useEffect, useRef } from "react"
import { afterPaint } from "../lib/after-paint.ts"

/** Marks, once, that a chart has been drawn and is on the screen. */
export function usePainted(frame: RefObject<HTMLElement | null>, isDrawn: boolean): void {
  const isMarked = useRef(false)
  useEffect(() => {
    if (!isDrawn || isMarked.current) return
    isMarked.current = true
    afterPaint(() => {
      performance.mark("spore:chart-painted")
      frame.current?.setAttribute("data-painted", "")
    })
  }, [frame, isDrawn])
}
