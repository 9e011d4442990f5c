/** The oldest Node.js this program runs on. */
export const MINIMUM_NODE = "22.16.0"

/** What to tell where `version` is too old; null where it will do. */
export function nodeProblem(version: string): string | null {
  if (!isOlder(version, MINIMUM_NODE)) return null
  return [
    `error: spore needs Node.js ${MINIMUM_NODE} or newer; this is ${version}`,
    "next: install a current Node.js (https://nodejs.org/en/download) and run the same command again",
    "",
  ].join("\n")
}

function isOlder(version: string, minimum: string): boolean {
  const have = version.split(".").map(Number)
  const need = minimum.split(".").map(Number)
  for (const [i, part] of need.entries()) {
    const own = have[i] ?? 0
    if (own !== part) return own < part
  }
  return false
}
