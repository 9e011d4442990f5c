import type { Clock } from "@spore/records"
import type { Usage } from "../spending.ts"
import { ask, waitFor } from "./ask.ts"
import type { ModelSettings } from "./settings.ts"

const REQUEST_SECONDS = 60
const OUTPUT_TOKENS = 1024

/** What one tiny request showed. */
export interface ModelTest {
  readonly usage: Usage
  /** What it answered, as it came. */
  readonly text: string
}

/**
 * Asks a model for one word, once.
 *
 * @throws SporeError of a proposer
 */
export async function testModel(model: ModelSettings, clock: Clock): Promise<ModelTest> {
  const told: Usage[] = []
  const question = {
    instructions: "You are asked whether you can be reached.",
    messages: [{ role: "user" as const, content: "Answer with the word: yes" }],
    outputTokens: OUTPUT_TOKENS,
  }
  const host = { onUsage: (usage: Usage) => void told.push(usage) }
  const asking = { model, host, clock, requestSeconds: REQUEST_SECONDS, attempts: 1, wait: waitFor }
  const { text } = await ask(asking, question, new AbortController().signal, () => undefined)
  const usage = told[0] ?? { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: null, seconds: 0 }
  return { usage, text }
}
