/** Blocks that are kept in memory for one peer until it has read them. */
export interface Holding {
  /** Says what is kept now, and that something was read since the last call. */
  hold(bytes: number): void
  end(): void
}

/** What is kept in memory for all peers together. */
export interface Holdings {
  /** @param giveUp ends the exchange for which blocks are kept */
  open(giveUp: () => void): Holding
}

/** Where more than `maxBytes` are kept, those who read nothing for longest are given up, one after the other. */
export function createHoldings(maxBytes: number): Holdings {
  /** The one that got on longest ago first. */
  const held = new Map<Holding, { bytes: number; giveUp: () => void }>()
  let total = 0

  return {
    open: (giveUp) => {
      const holding: Holding = {
        hold: (bytes) => {
          holding.end()
          held.set(holding, { bytes, giveUp })
          total += bytes
          for (const [slowest, { giveUp: drop }] of held) {
            if (total <= maxBytes || slowest === holding) break
            slowest.end()
            drop()
          }
        },
        end: () => {
          total -= held.get(holding)?.bytes ?? 0
          held.delete(holding)
        },
      }
      return holding
    },
  }
}
