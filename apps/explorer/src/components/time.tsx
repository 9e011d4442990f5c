import type { ReactNode } from "react"
import { formatAgo, formatTime, isoTime } from "../lib/format.ts"
import { useNow } from "../live/use-now.ts"

/** How long ago, with the exact time on demand. */
export function Ago({ time }: { time: number }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={isoTime(time)} title={formatTime(time)}>
      {formatAgo(time, now)}
    </time>
  )
}
