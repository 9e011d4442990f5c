import { useEffect, useRef, useState } from "react"
import type { GraphModel } from "./model.ts"

/** How long what has just arrived is marked. */
const MARKED_MS = 6000
/** In a sync thousands come at once: the newest will do. */
const MOST = 12

/** Sequence numbers of experiments that arrived within the last seconds, while the chart was looked at. */
export function useArrivals({ task, class: hardwareClass, columns, count }: GraphModel): readonly number[] {
  const key = `${task} ${hardwareClass}`
  const known = useRef({ key, newest: columns.seq[count - 1] ?? 0 })
  const [arrivals, setArrivals] = useState<readonly number[]>([])
  useEffect(() => {
    const before = known.current
    known.current = { key, newest: columns.seq[count - 1] ?? 0 }
    if (before.key !== key) return
    const seqs = [...columns.seq.subarray(Math.max(0, count - MOST))].filter((seq) => seq > before.newest)
    if (seqs.length > 0) setArrivals((old) => [...old.filter((seq) => !seqs.includes(seq)), ...seqs].slice(-MOST))
  }, [key, columns, count])
  useEffect(() => {
    if (arrivals.length === 0) return
    const timer = setTimeout(() => setArrivals([]), MARKED_MS)
    return () => clearTimeout(timer)
  }, [arrivals])
  return arrivals
}
