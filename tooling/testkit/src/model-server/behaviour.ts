/** What the server does with one request. */
export type ModelBehaviour =
  | {
      readonly kind: "answer"
      readonly text: string
      /** Milliseconds before each of its pieces. */
      readonly pause: number
      readonly finish: "stop" | "length" | "content_filter"
    }
  /** Half of the answer, then nothing: the connection is closed without an end of the answer. */
  | { readonly kind: "cut_off"; readonly text: string }
  | {
      readonly kind: "status"
      readonly status: number
      readonly message: string
      readonly headers: Record<string, string>
    }
  /** Takes the request and says nothing, until the caller goes. */
  | { readonly kind: "silent" }
  /** An answer without end. */
  | { readonly kind: "endless" }

export function answers(
  text: string,
  { pause = 0, finish = "stop" }: { pause?: number; finish?: "stop" | "length" | "content_filter" } = {},
): ModelBehaviour {
  return { kind: "answer", text, pause, finish }
}

/** 429, with a `retry-after` in seconds where one is given. */
export function isBusy(retryAfter?: number): ModelBehaviour {
  return fails(429, "Rate limit reached", retryAfter === undefined ? {} : { "retry-after": `${retryAfter}` })
}

export function fails(status: number, message = "broken", headers: Record<string, string> = {}): ModelBehaviour {
  return { kind: "status", status, message, headers }
}

export function cutsOff(text: string): ModelBehaviour {
  return { kind: "cut_off", text }
}

export function staysSilent(): ModelBehaviour {
  return { kind: "silent" }
}

export function neverEnds(): ModelBehaviour {
  return { kind: "endless" }
}
