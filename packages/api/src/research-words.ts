import type { ResearchStatus, Spending } from "./dto/index.ts"

/**
 * What research of a run came to beside its limits: `12 of 100 experiments`, `$0.42 of $5.00`, `1.2M tokens`. What was not
 * taken and has no limit is left out; the experiments never are.
 */
export function researchTotals({ experiments, limits, spent }: ResearchStatus): string[] {
  const made = limits.max_experiments === null ? compact(experiments) : `${experiments} of ${limits.max_experiments}`
  const isOne = (limits.max_experiments ?? experiments) === 1
  return [`${made} experiment${isOne ? "" : "s"}`, ...spendingWords(spent, limits)]
}

/** What proposals took: `$0.42 of $5.00`, `1.2M tokens`, beside limits where they have some. */
export function spendingWords(
  spent: Spending,
  limits: Pick<ResearchStatus["limits"], "max_cost_usd" | "max_tokens"> = { max_cost_usd: null, max_tokens: null },
): string[] {
  const words: string[] = []
  const { max_cost_usd: maxCost, max_tokens: maxTokens } = limits
  const tokens = spent.input_tokens + spent.output_tokens
  if (spent.cost_usd > 0 || maxCost !== null) {
    words.push(maxCost === null ? dollars(spent.cost_usd) : `${dollars(spent.cost_usd)} of ${dollars(maxCost)}`)
  }
  // Few words: it shares a line of 80 columns with the rest.
  if (spent.unpriced > 0) words.push(`${compact(spent.unpriced)} unpriced`)
  if (tokens > 0 || maxTokens !== null) {
    words.push(maxTokens === null ? `${compact(tokens)} tokens` : `${compact(tokens)} of ${compact(maxTokens)} tokens`)
  }
  return words
}

/** Why research ended though nobody stopped it. */
export function endWords({ ended, limits }: Pick<ResearchStatus, "ended" | "limits">): string {
  switch (ended) {
    case "max_experiments":
      return limits.max_experiments === 1 ? "the experiment asked for is made" : "all experiments asked for are made"
    case "max_cost":
      return "what it may cost is spent"
    case "max_tokens":
      return "the tokens it may take are used up"
    case "until":
      return "its time is over"
    case null:
      return "it goes on"
  }
}

/** US dollars to the cent, and to the first digit below one. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return usd < 0.0001 ? "<$0.0001" : `$${Number(usd.toPrecision(1))}`
  return `$${usd.toFixed(2)}`
}

/** A count by three digits at most: `950`, `1.2k`, `34M`. */
export function compact(count: number): string {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // What would be shown as 1000 of a unit is 1 of the next.
    if (count >= size * 0.9995) {
      const scaled = count / size
      return `${scaled < 9.95 ? scaled.toFixed(1) : scaled.toFixed(0)}${unit}`
    }
  }
  return String(count)
}
