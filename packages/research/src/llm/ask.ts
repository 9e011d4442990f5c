import { setTimeout as delay } from "node:timers/promises"
import { type Clock, SporeError } from "@spore/records"
import type { ProposerErrorCode, ProposerHost } from "../proposer.ts"
import { checkRemaining } from "../spending.ts"
import { failureOf } from "./failure.ts"
import { type Question, type Reply, request } from "./request.ts"
import { costOf, type ModelSettings, modelName } from "./settings.ts"

const FIRST_WAIT_MS = 2000
/** A server that asks for a longer wait is asked again by a later proposal. */
const LONGEST_WAIT_MS = 90_000

/** The prompt is longer than the model takes; only `createLlmProposer` sees this. */
export type QuestionErrorCode = "question_too_long"

export interface AskInit {
  readonly model: ModelSettings
  readonly host: ProposerHost
  readonly clock: Clock
  /** Bound on one request. */
  readonly requestSeconds: number
  /** Requests for one answer, at most. */
  readonly attempts: number
  /** Waits; rejects when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal })
}

/**
 * Asks until there is a reply: again, after a growing time or the one that the server names, where the server is busy
 * or broken. Every request is reported to the host, and none is made where the run's limits leave nothing.
 *
 * @throws SporeError of a proposer, or `question_too_long`; what the host throws of a report
 */
export async function ask(
  { model, host, clock, requestSeconds, attempts, wait }: AskInit,
  question: Question,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    // One answer may take several requests, and other workers spend meanwhile.
    if (host.remaining !== undefined) checkRemaining(host.remaining())
    const began = clock.now()
    const limited = AbortSignal.any([signal, AbortSignal.timeout(requestSeconds * 1000)])
    const outcome = await request(model, question, limited)
    const { input, output } = outcome.tokens
    const seconds = (clock.now() - began) / 1000
    const costUsd = costOf(model.prices, input, output)
    host.onUsage({ requests: 1, inputTokens: input, outputTokens: output, costUsd, seconds })
    if (signal.aborted) throw failed(`${modelName(model)}: stopped`)
    if (outcome.reply !== null) return outcome.reply
    if (limited.aborted) throw failed(`${modelName(model)} gave no answer within ${requestSeconds} seconds`)

    const failure = failureOf(outcome.error, model, clock.now())
    if (failure.kind === "final") throw failure.error
    if (failure.kind === "too_long") throw new SporeError<QuestionErrorCode>("question_too_long", failure.message)
    const waitMs = failure.waitMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1)
    if (attempt >= attempts || waitMs > LONGEST_WAIT_MS) throw failed(failure.message)
    onLine(`${failure.message}; again in ${Math.ceil(waitMs / 1000)} s`)
    await wait(waitMs, signal).catch(() => {
      throw failed(`${modelName(model)}: stopped`)
    })
  }
}

function failed(message: string): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", message)
}
