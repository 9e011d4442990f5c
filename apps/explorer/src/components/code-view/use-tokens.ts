import { useEffect, useState } from "react"
import type { HighlightAnswer } from "./highlight.worker.ts"
import { createHighlighter } from "./highlighter.ts"
import type { Language } from "./languages.ts"

const highlighter = createHighlighter(
  () => new Worker(new URL("highlight.worker.ts", import.meta.url), { type: "module", name: "highlight" }),
)

/** The tokens of each line of `code`; null until they are there, and where it is shown plain. */
export function useTokens(code: string, language: Language | null): HighlightAnswer {
  const [found, setFound] = useState<{ code: string; tokens: HighlightAnswer } | null>(null)
  useEffect(() => {
    if (language === null || code === "") return
    let isCurrent = true
    void highlighter.highlight({ code, language }).then((tokens) => {
      if (isCurrent) setFound({ code, tokens })
    })
    return () => {
      isCurrent = false
    }
  }, [code, language])
  if (language === null) return null
  if (found?.code === code) return found.tokens
  return highlighter.known({ code, language }) ?? null
}
