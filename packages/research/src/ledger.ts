import { addUsage, NOTHING_SPENT, type Spending, type Usage } from "./spending.ts"

/** What proposals cost: in this run, and in all runs on a data folder. */
export interface Ledger {
  note(usage: Usage): void
  run(): Spending
  inAll(): Spending
}

/**
 * @param earlier of all runs before this one
 * @param save keeps the sum of all runs
 */
export function createLedger(earlier: Spending, save: (inAll: Spending) => void): Ledger {
  let run = NOTHING_SPENT
  let inAll = earlier
  return {
    note: (usage) => {
      const counted = countable(usage)
      run = addUsage(run, counted)
      inAll = addUsage(inAll, counted)
      save(inAll)
    },
    run: () => run,
    inAll: () => inAll,
  }
}

/** What a proposer says of itself may be nonsense: it must not undo a limit. */
function countable({ requests, inputTokens, outputTokens, costUsd, seconds }: Usage): Usage {
  return {
    requests: amount(requests),
    inputTokens: amount(inputTokens),
    outputTokens: amount(outputTokens),
    costUsd: costUsd === null ? null : amount(costUsd),
    seconds: amount(seconds),
  }
}

function amount(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0
}
