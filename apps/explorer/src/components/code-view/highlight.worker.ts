import { highlightCode } from "./highlight-code.ts"
import type { Language } from "./languages.ts"
import type { LineTokens } from "./tokens.ts"

export interface HighlightRequest {
  readonly code: string
  readonly language: Language
}

/** Null where it could not be highlighted. */
export type HighlightAnswer = readonly LineTokens[] | null

function answer(tokens: HighlightAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's messages have no target
  globalThis.postMessage(tokens)
}

// One request at a time: the page asks for the next when this one is answered, or ends this worker.
globalThis.addEventListener("message", ({ data }: MessageEvent<HighlightRequest>) => {
  highlightCode(data.code, data.language).then(answer, () => answer(null))
})
