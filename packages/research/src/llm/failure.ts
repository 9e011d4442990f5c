import { excerpt, messageOf, SporeError } from "@spore/records"
import { APICallError } from "ai"
import type { ProposerErrorCode } from "../proposer.ts"
import { type ModelSettings, modelName } from "./settings.ts"

/**
 * Why a request gave no answer. `again`: another one may succeed, not before `waitMs` where the server says so.
 * `too_long`: one with a shorter prompt may. `final`: none will.
 */
export type RequestFailure =
  | { readonly kind: "again"; readonly message: string; readonly waitMs: number | null }
  | { readonly kind: "too_long"; readonly message: string }
  | { readonly kind: "final"; readonly error: SporeError<ProposerErrorCode> }

const TOO_LONG =
  /context.?(length|window|size)|too (long|large|many tokens)|maximum.{0,20}tokens|exceeds?.{0,40}context/i
const NO_MONEY = /insufficient_quota|credit balance|billing|spending limit/i

/** What an error of the AI SDK means. The error itself, which knows the whole request, goes no further. */
export function failureOf(error: unknown, model: ModelSettings, nowMs: number): RequestFailure {
  const name = modelName(model)
  if (!APICallError.isInstance(error)) {
    return { kind: "again", message: `${name}: ${told(messageOf(error), model)}`, waitMs: null }
  }
  const { statusCode: status, responseHeaders } = error
  const body = error.responseBody ?? ""
  const what = status === undefined ? "" : ` answered ${status}`
  const message = `${name}${what}: ${told(error.message, model)}`
  if (status === undefined) return { kind: "again", message, waitMs: null }
  if (status === 401 || status === 403) return unavailable(message, keyAdvice(model))
  if (status === 402 || (status === 429 && NO_MONEY.test(body))) {
    return unavailable(message, "add credit with the provider, or set another one: spore set")
  }
  if (status === 404) {
    return unavailable(message, `spore set ${model.provider} --model NAME, with one that ${model.baseUrl} has`)
  }
  if (status === 413 || (status === 400 && TOO_LONG.test(body))) return { kind: "too_long", message }
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) {
    return { kind: "again", message, waitMs: waitOf(responseHeaders ?? {}, nowMs) }
  }
  return { kind: "final", error: new SporeError("proposer_failed", message) }
}

/** Foreign words for a message: short, on one line, without the key. */
function told(text: string, { key }: ModelSettings): string {
  return excerpt((key === null || key === "" ? text : text.replaceAll(key, "***")).replaceAll(/\s+/g, " "))
}

function unavailable(message: string, next: string): RequestFailure {
  return { kind: "final", error: new SporeError("proposer_unavailable", message, { next }) }
}

function keyAdvice({ provider, key }: ModelSettings): string {
  return key === null
    ? `spore set ${provider} - asks for a key: this server wants one`
    : `spore set ${provider} - asks for one that is valid`
}

/** Milliseconds to wait that `retry-after` tells, in seconds or as a date. */
function waitOf(headers: Record<string, string>, nowMs: number): number | null {
  const exact = Number.parseFloat(headers["retry-after-ms"] ?? "")
  if (exact >= 0) return exact
  const header = headers["retry-after"] ?? ""
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : Number.NaN
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
