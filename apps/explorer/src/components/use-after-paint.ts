import { startTransition, useEffect, useState } from "react"

/**
 * False until what is on the page when `isDue` has been painted: for what may wait for it.
 *
 * @param isReturn true from the beginning
 */
export function useAfterPaint(isDue: boolean, isReturn: boolean): boolean {
  const [isAfter, setAfter] = useState(isReturn)
  useEffect(() => {
    if (!isDue || isAfter) return
    let timer: ReturnType<typeof setTimeout> | undefined
    // A frame's callbacks run before it is painted; a task that they start, after it.
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => startTransition(() => setAfter(true)))
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [isDue, isAfter])
  return isAfter
}
