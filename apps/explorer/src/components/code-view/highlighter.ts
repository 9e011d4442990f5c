import type { HighlightAnswer, HighlightRequest } from "./highlight.worker.ts"

/** More than this is shown plain: nobody waits for its colours. */
const MAX_CODE = 128 * 1024
/** A grammar's expressions can be made to take for ever by whoever writes the code. The first use loads the grammar. */
export const MAX_MS = 8000
/** Answers kept, for views that one goes to and fro between. */
const MAX_KEPT = 24

/** Colours code on a thread of its own, which is ended where it takes too long. */
export interface Highlighter {
  /** What was found before, without waiting. */
  known(request: HighlightRequest): HighlightAnswer | undefined
  /** Null where it is too long, takes too long, or cannot be done. Never rejects. */
  highlight(request: HighlightRequest): Promise<HighlightAnswer>
}

export function createHighlighter(startWorker: () => Worker): Highlighter {
  const kept = new Map<string, HighlightAnswer>()
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()

  function keep(key: string, answer: HighlightAnswer): HighlightAnswer {
    kept.set(key, answer)
    const oldest = kept.keys().next().value
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return answer
  }

  function ask(request: HighlightRequest): Promise<HighlightAnswer> {
    return new Promise((resolve) => {
      worker ??= startWorker()
      const asked = worker
      const done = (answer: HighlightAnswer): void => {
        clearTimeout(timer)
        asked.removeEventListener("message", onMessage)
        asked.removeEventListener("error", giveUp)
        resolve(answer)
      }
      const giveUp = (): void => {
        asked.terminate()
        worker = undefined
        done(null)
      }
      const onMessage = ({ data }: MessageEvent<HighlightAnswer>): void => done(data)
      const timer = setTimeout(giveUp, MAX_MS)
      asked.addEventListener("message", onMessage)
      asked.addEventListener("error", giveUp)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's messages have no target
      asked.postMessage(request)
    })
  }

  return {
    known: (request) => kept.get(keyOf(request)),
    highlight: (request) => {
      if (request.code.length > MAX_CODE) return Promise.resolve(null)
      const key = keyOf(request)
      const answer = last.then(() => kept.get(key) ?? ask(request)).then((tokens) => keep(key, tokens))
      last = answer
      return answer
    },
  }
}

function keyOf({ language, code }: HighlightRequest): string {
  return `${language}\n${code}`
}
