/** A map of at most so many entries, which forgets what was used least recently. */
export interface Lru<V> {
  get(key: string): V | undefined
  /** Remembers and returns `value`. */
  set(key: string, value: V): V
}

export function createLru<V>(max: number): Lru<V> {
  // A Map keeps the order in which keys were set: the first is the one used least recently.
  const entries = new Map<string, V>()
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined) {
        entries.delete(key)
        entries.set(key, value)
      }
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      const oldest = entries.keys().next().value
      if (entries.size > max && oldest !== undefined) entries.delete(oldest)
      return value
    },
  }
}
