// Before anything is painted, so that the page never flashes in the other theme; src/theme/theme.ts keeps the choice.
try {
  const theme = localStorage.getItem("spore-theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden: then the system's theme it is.
}
