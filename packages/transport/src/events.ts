/** Listeners by event, called in the order in which they were added. */
export interface Emitter<Events extends { [E in keyof Events]: (...args: never[]) => void }> {
  /** Returns how to stop listening. */
  on<E extends keyof Events>(event: E, listener: Events[E]): () => void
  emit<E extends keyof Events>(event: E, ...args: Parameters<Events[E]>): void
}

export function createEmitter<Events extends { [E in keyof Events]: (...args: never[]) => void }>(): Emitter<Events> {
  const listeners: { [E in keyof Events]?: Set<Events[E]> } = {}
  return {
    on: (event, listener) => {
      const set = (listeners[event] ??= new Set())
      set.add(listener)
      return () => set.delete(listener)
    },
    emit: (event, ...args) => {
      for (const listener of listeners[event] ?? []) listener(...args)
    },
  }
}
