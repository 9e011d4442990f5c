import { createContext, useContext, useSyncExternalStore } from "react"

/** Which experiment is pointed at, in the chart or in the table: the two show it together. */
export interface Hover {
  get(): number | null
  set(seq: number | null): void
  subscribe(listener: () => void): () => void
}

export function createHover(): Hover {
  let current: number | null = null
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set: (seq) => {
      if (seq === current) return
      current = seq
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export const HoverContext = createContext<Hover>(createHover())

/** Whether this experiment is pointed at; only the rows concerned render again. */
export function useIsHovered(seq: number): boolean {
  const hover = useContext(HoverContext)
  return useSyncExternalStore(hover.subscribe, () => hover.get() === seq)
}

export function useHovered(): number | null {
  const hover = useContext(HoverContext)
  return useSyncExternalStore(hover.subscribe, hover.get)
}
