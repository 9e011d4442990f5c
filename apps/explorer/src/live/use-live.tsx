import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from "react"
import type { Live, LiveState } from "./live.ts"

const LiveContext = createContext<Live | null>(null)

export function LiveProvider({ live, children }: { live: Live; children: ReactNode }): ReactNode {
  useEffect(() => live.start(), [live])
  return <LiveContext value={live}>{children}</LiveContext>
}

/** What the page hears of. */
export function useLive(): LiveState {
  const live = useLiveStream()
  return useSyncExternalStore(live.subscribe, live.getState)
}

export function useLiveStream(): Live {
  const live = useContext(LiveContext)
  if (live === null) throw new Error("useLive outside of LiveProvider")
  return live
}
