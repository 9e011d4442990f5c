export const SHELLS = ["bash", "zsh", "fish"] as const

/** What each shell is to run. It asks the program at each key, so that an update brings its own commands along. */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], URL>> = {
  bash: new URL("../../completions/spore.bash", import.meta.url),
  zsh: new URL("../../completions/spore.zsh", import.meta.url),
  fish: new URL("../../completions/spore.fish", import.meta.url),
}
