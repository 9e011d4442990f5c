/** A service that answers, or any server that speaks as OpenAI's Chat Completions do (`custom`). */
export type ProviderName = "groq" | "anthropic" | "openai" | "xai" | "custom"

/** US dollars per million tokens. */
export interface TokenPrices {
  readonly input: number
  readonly output: number
}

/** Which model is asked, where, and what that costs. */
export interface ModelSettings {
  readonly provider: ProviderName
  readonly model: string
  /** Null for servers that ask for none. */
  readonly key: string | null
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  /** Null where they are not known: what was spent is not known then either. */
  readonly prices: TokenPrices | null
  /** Tokens that prompt and answer take together, at most; null for the default. */
  readonly contextTokens: number | null
}

/** Where the services answer, and the model that is asked where none is named: one that the AI SDK lists. */
export const SERVICES: Readonly<Record<Exclude<ProviderName, "custom">, { baseUrl: string; model: string }>> = {
  groq: { baseUrl: "https://api.groq.com/openai/v1", model: "openai/gpt-oss-120b" },
  anthropic: { baseUrl: "https://api.anthropic.com/v1", model: "claude-sonnet-5-5" },
  openai: { baseUrl: "https://api.openai.com/v1", model: "gpt-5.5" },
  xai: { baseUrl: "https://api.x.ai/v1", model: "grok-latest" },
}

/** `groq openai/gpt-oss-120b`. */
export function modelName({ provider, model }: ModelSettings): string {
  return `${provider} ${model}`
}

/** US dollars that tokens cost; null where prices are not known. */
export function costOf(prices: TokenPrices | null, inputTokens: number, outputTokens: number): number | null {
  return prices === null ? null : (inputTokens * prices.input + outputTokens * prices.output) / 1e6
}
