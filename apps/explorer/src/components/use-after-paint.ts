import { startTransition, useEffect, useState } from "react"
import { afterPaint } from "../lib/after-paint.ts"

/**
 * False until what is on the page when `isDue` has been painted: for what may wait for it.
 *
 * @param isReturn at the first call: true from the beginning
 */
export function useAfterPaint(isDue: boolean, isReturn: boolean): boolean {
  const [isAfter, setAfter] = useState(isReturn)
  useEffect(() => {
    if (!isDue || isAfter) return undefined
    return afterPaint(() => startTransition(() => setAfter(true)))
  }, [isDue, isAfter])
  return isAfter
}
