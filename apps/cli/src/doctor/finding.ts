export type Level = "ok" | "warn" | "fail"

/** One thing a node needs, and how it stands. */
export interface Finding {
  readonly check: string
  readonly level: Level
  readonly message: string
  /** How to mend it; null where there is nothing to mend. */
  readonly next: string | null
}

export function finding(check: string, level: Level, message: string, next: string | null = null): Finding {
  return { check, level, message, next }
}
