import { useEffect } from "react"
import { visibleText } from "../lib/text.ts"

/** Names the browser's tab. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? "Spore" : `${visibleText(title)} · Spore`
  }, [title])
}
