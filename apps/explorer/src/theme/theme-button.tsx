import { type ReactNode, useState } from "react"
import { chooseTheme, readTheme, type Theme, THEMES } from "./theme.ts"

/** Goes through the themes; says which one it is. */
export function ThemeButton({ className }: { className?: string | undefined }): ReactNode {
  const [theme, setTheme] = useState(readTheme)
  const next: Theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system"
  return (
    <button
      type="button"
      className={className}
      title={`Change to ${next}`}
      onClick={() => {
        chooseTheme(next)
        setTheme(next)
      }}
    >
      Theme: {theme}
    </button>
  )
}
