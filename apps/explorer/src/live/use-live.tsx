import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from "react"
import type { Live, LiveState } from "./live.ts"

const LiveContext = createContext<Live | null>(null)

export function LiveProvider({ live, children }: { live: Live; children: ReactNode }): ReactNode {
  useEffect(() => live.start(), [live])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive(): LiveState {
  const live = useContext(LiveContext)
  if (live === null) throw new Error("useLive outside of LiveProvider")
  return useSyncExternalStore(live.subscribe, live.getState)
}
