/** How the page looks: as the system does, or as the reader chose. */
export type Theme = "system" | "light" | "dark"

export const THEMES: readonly Theme[] = ["system", "light", "dark"]

/** public/early.js reads it before the page is painted. */
const KEY = "spore-theme"

export function readTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === "light" || theme === "dark" ? theme : "system"
}

/** Applies a theme, and keeps it for the next visit where the browser lets a page keep anything. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme
  try {
    if (theme === "system") localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // It lasts as long as the page.
  }
}
