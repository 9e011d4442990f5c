import { useSyncExternalStore } from "react"

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let now = Math.floor(Date.now() / 1000)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Math.floor(Date.now() / 1000)
    for (const each of listeners) each()
  }, 5000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function read(): number {
  // Without a running timer the last tick may be long ago.
  if (timer === undefined) now = Math.floor(Date.now() / 1000)
  return now
}

/** Unix seconds, one clock for the page, every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read)
}
