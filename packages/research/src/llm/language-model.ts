import { createAnthropic } from "@ai-sdk/anthropic"
import { createGroq } from "@ai-sdk/groq"
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { createXai } from "@ai-sdk/xai"
import type { LanguageModel } from "ai"
import type { ModelSettings } from "./settings.ts"

/** Bytes of one response that are read. */
const LONGEST_RESPONSE = 32 * 1024 * 1024

/** The model of the AI SDK. Key and address come from the settings alone, never from the environment. */
export function openLanguageModel({ provider, model, key, baseUrl }: ModelSettings): LanguageModel {
  const common = { baseURL: baseUrl, fetch: guardedFetch }
  const apiKey = key ?? ""
  switch (provider) {
    case "groq":
      return createGroq({ ...common, apiKey })(model)
    case "anthropic":
      return createAnthropic({ ...common, apiKey })(model)
    case "openai":
      return createOpenAI({ ...common, apiKey }).chat(model)
    case "xai":
      return createXai({ ...common, apiKey })(model)
    case "custom":
      return createOpenAICompatible({
        ...common,
        name: "custom",
        includeUsage: true,
        ...(key === null ? {} : { apiKey }),
      })(model)
  }
}

/** Follows no redirect, which could carry the key elsewhere, and ends a response that has no end. */
const guardedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: "error" })
  if (response.body === null) return response
  let bytes = 0
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length
      if (bytes > LONGEST_RESPONSE) controller.error(new Error("the response has no end"))
      else controller.enqueue(chunk)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers })
}
