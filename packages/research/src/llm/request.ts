import { type LanguageModelUsage, streamText } from "ai"
import { openLanguageModel } from "./language-model.ts"
import type { ModelSettings } from "./settings.ts"

/** A token is taken for so many bytes where a server does not count. */
const BYTES_PER_TOKEN = 4
/** Much more text than the tokens that were asked for could be. */
const LONGEST_TOKEN = 16

export interface Message {
  readonly role: "user" | "assistant"
  readonly content: string
}

export interface Question {
  readonly instructions: string
  readonly messages: readonly Message[]
  readonly outputTokens: number
}

/** What came of one request. */
export interface Reply {
  readonly text: string
  /** `cut`: it reached the bound on its tokens. `refused`: a filter of the provider held it back. */
  readonly ending: "whole" | "cut" | "refused"
}

export interface Tokens {
  readonly input: number
  readonly output: number
}

/** Either a reply or what the AI SDK threw; in both cases with what it took. */
export type Outcome = { readonly tokens: Tokens } & (
  | { readonly reply: Reply }
  | { readonly reply: null; readonly error: unknown }
)

/** The SDK reports what it makes of settings to the process's warnings, which would land in the live view. */
globalThis.AI_SDK_LOG_WARNINGS = false

/** One request, streamed: what is read is bounded, and a server that works on a long answer is not taken for dead. */
export async function request(model: ModelSettings, question: Question, signal: AbortSignal): Promise<Outcome> {
  const { instructions, messages, outputTokens } = question
  const enough = new AbortController()
  let text = ""
  let thoughts = 0
  let usage: LanguageModelUsage | null = null
  let ending: Reply["ending"] | null = null
  let failure: unknown = new Error("the answer broke off")
  let hasBegun = false
  try {
    const { stream } = streamText({
      model: openLanguageModel(model),
      instructions,
      messages: [...messages],
      maxOutputTokens: outputTokens,
      maxRetries: 0,
      abortSignal: AbortSignal.any([signal, enough.signal]),
      // errors come as parts of the stream as well
      onError: () => undefined,
    })
    for await (const part of stream) {
      if (part.type === "text-delta") text += part.text
      else if (part.type === "reasoning-delta") thoughts += Buffer.byteLength(part.text)
      else if (part.type === "error") failure = part.error
      else if (part.type === "abort") failure = signal.reason
      else if (part.type === "finish") {
        usage = part.totalUsage
        ending = endingOf(part.finishReason, part.rawFinishReason)
      }
      hasBegun ||= part.type === "text-delta" || part.type === "reasoning-delta"
      if (text.length + thoughts > outputTokens * LONGEST_TOKEN) {
        ending = "cut"
        enough.abort()
        break
      }
    }
  } catch (error) {
    failure = error
  }
  // a server that does not count, or was cut off before it did, says nothing or 0
  const tokens = {
    input: usage?.inputTokens || (hasBegun ? inputEstimate(question) : 0),
    output: usage?.outputTokens || Math.ceil((Buffer.byteLength(text) + thoughts) / BYTES_PER_TOKEN),
  }
  if (signal.aborted) return { tokens, reply: null, error: signal.reason }
  return ending === null ? { tokens, reply: null, error: failure } : { tokens, reply: { text, ending } }
}

/** Null where the stream ended without an end of the answer. */
function endingOf(reason: string, raw: string | undefined): Reply["ending"] | null {
  if (reason === "stop") return "whole"
  if (reason === "length") return "cut"
  if (reason === "content-filter") return "refused"
  return reason === "other" && raw !== undefined ? "whole" : null
}

function inputEstimate({ instructions, messages }: Question): number {
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  return Math.ceil((Buffer.byteLength(instructions) + bytes) / BYTES_PER_TOKEN)
}
