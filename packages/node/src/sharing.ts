/** Shares the time of one device between those who have work for it. */
export interface Sharing {
  /** Who is asked for work, first to last. */
  order(): readonly string[]
  /** It had the device for so many milliseconds. */
  used(name: string, ms: number): void
  /** It had no work when it was asked: what it did not use goes to the others, and is not saved up. */
  idle(name: string): void
}

/**
 * Weighted fair queueing over jobs that are never interrupted: of those with work, the one that used least of its share
 * comes first, and of equals the one that waited longer.
 *
 * @param shares of the time by name, in any unit; what has none comes up only where nobody else has work
 */
export function createSharing(shares: ReadonlyMap<string, number>): Sharing {
  const accounts = new Map([...shares].map(([name, share]) => [name, { share, spent: 0, turn: 0 }]))
  let turns = 0

  return {
    order: () =>
      [...accounts]
        .toSorted(([, a], [, b]) => Number(b.share > 0) - Number(a.share > 0) || a.spent - b.spent || a.turn - b.turn)
        .map(([name]) => name),
    used: (name, ms) => {
      const account = accounts.get(name)
      if (account === undefined) return
      account.turn = ++turns
      if (account.share > 0) account.spent += ms / account.share
    },
    idle: (name) => {
      const account = accounts.get(name)
      if (account === undefined) return
      const others = [...accounts.values()].filter((other) => other !== account && other.share > 0)
      account.spent = Math.max(account.spent, ...others.map(({ spent }) => spent))
    },
  }
}
