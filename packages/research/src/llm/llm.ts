import { type Clock, isSporeError, messageOf, SporeError } from "@spore/records"
import { cut } from "../prompt/cut.ts"
import { experimentPrompt } from "../prompt/prompt.ts"
import type { CandidateProposal, ProposalContext, Proposer, ProposerErrorCode, ProposerHost } from "../proposer.ts"
import { type Answer, ANSWER_FORMAT, readAnswer } from "./answer.ts"
import { ask, type AskInit, waitFor } from "./ask.ts"
import type { Message, Reply } from "./request.ts"
import { type ModelSettings, modelName } from "./settings.ts"

const ATTEMPTS = 4
const DEFAULT_CONTEXT_TOKENS = 32_768
/** A prompt is not made shorter than for this. */
const LEAST_CONTEXT_TOKENS = 4096
const MOST_OUTPUT_TOKENS = 16_384
/** Code has somewhat more bytes to a token: the rest is room for our own words. */
const PROMPT_BYTES_PER_TOKEN = 2.5
const AGENT_BYTES = 128
/** Of a bad answer that the model is shown again. */
const SHOWN_AGAIN_BYTES = 24 * 1024

export interface LlmProposerInit {
  readonly model: ModelSettings
  /** Told of every request. What it throws, such as `budget_spent`, ends the proposal. */
  readonly host: ProposerHost
  readonly clock: Clock
  /** Bound on one request; 600 by default. */
  readonly requestSeconds?: number
  /** Waits between requests. */
  readonly wait?: AskInit["wait"]
}

/**
 * A language model as proposer: one question, one answer as plain text edits, one more question where the answer
 * cannot be used. Half of `contextTokens` is for the prompt, half for the answer (at most 16,384 tokens); where the
 * server finds the prompt too long, half of that is used from then on.
 */
export function createLlmProposer(init: LlmProposerInit): Proposer {
  const { model, requestSeconds = 600, wait = waitFor } = init
  const asking: AskInit = { ...init, requestSeconds, attempts: ATTEMPTS, wait }
  let contextTokens = model.contextTokens ?? DEFAULT_CONTEXT_TOKENS

  async function propose(context: ProposalContext): Promise<CandidateProposal> {
    const tokens = contextTokens
    try {
      const { files, title, hypothesis } = await answerOf(asking, context, tokens)
      return { files, title, hypothesis, agent: cut(model.model, AGENT_BYTES, "start") }
    } catch (error) {
      if (!isSporeError(error, "question_too_long")) throw error
      const next = `spore set ${model.provider} --context TOKENS, with what the model takes`
      if (tokens <= LEAST_CONTEXT_TOKENS) throw unavailable(error.message, next)
      contextTokens = Math.min(contextTokens, Math.max(LEAST_CONTEXT_TOKENS, Math.floor(tokens / 2)))
      context.onLine(`${error.message}; again with a prompt for ${contextTokens} tokens`)
      return propose(context)
    }
  }

  return { name: modelName(model), propose }
}

/** Asks, and once more with what is wrong where the answer cannot be used. */
async function answerOf(asking: AskInit, context: ProposalContext, contextTokens: number): Promise<Answer> {
  const { signal, onLine, parent, candidate } = context
  const outputTokens = Math.min(MOST_OUTPUT_TOKENS, Math.floor(contextTokens / 2))
  const bytes = Math.floor((contextTokens - outputTokens) * PROMPT_BYTES_PER_TOKEN)
  const prompt = await experimentPrompt(context, { bytes })
  const instructions = `${prompt.instructions}\n${ANSWER_FORMAT}`
  const first: Message[] = [{ role: "user", content: `${prompt.data}\n\nThat was the data. Now propose.` }]
  const name = modelName(asking.model)

  onLine(`asking ${name}`)
  const reply = await ask(asking, { instructions, messages: first, outputTokens }, signal, onLine)
  const answer = read(reply)
  if (typeof answer !== "string") return answer

  onLine(`asking ${name} again: ${answer}`)
  const messages = [...first, ...repair(reply, answer)]
  const second = read(await ask(asking, { instructions, messages, outputTokens }, signal, onLine))
  if (typeof second !== "string") return second
  throw new SporeError<ProposerErrorCode>("proposer_failed", `${name} gave no answer that can be used: ${second}`)

  /** The answer, or what is wrong with it. */
  function read({ text, ending }: Reply): Answer | string {
    if (ending === "refused") return "the provider's filter held the answer back"
    if (ending === "cut") return `the answer was cut at ${outputTokens} tokens; give a shorter one`
    try {
      return readAnswer(text, parent.files, candidate.editable)
    } catch (error) {
      if (isSporeError(error, "bad_answer")) return messageOf(error)
      throw error
    }
  }
}

function repair({ text }: Reply, problem: string): Message[] {
  const words = `That answer cannot be used: ${problem}.\nAnswer again, whole, in exactly the form that was asked for.`
  const shown = cut(text.trim(), SHOWN_AGAIN_BYTES, "ends")
  // providers refuse a message without text
  if (shown === "") return [{ role: "user", content: words }]
  return [
    { role: "assistant", content: shown },
    { role: "user", content: words },
  ]
}

function unavailable(message: string, next: string): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_unavailable", message, { next })
}
