/** A far and poor line, one way. */
export const SLOW = { delayMs: 100, loss: 0.02 } as const
