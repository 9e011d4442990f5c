/**
 * For each of the chosen commits the nearest of them that it came of, along first parents before others; absent where
 * there is none. Git takes forged objects for what they are named, so a commit may be its own forebear: along such a ring
 * nothing is found.
 *
 * @param parents of every commit that is known
 */
export function ancestorsAmong(
  parents: ReadonlyMap<string, readonly string[]>,
  chosen: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  /** The nearest chosen one above a commit; null: none. */
  const nearest = new Map<string, string | null>()
  for (const start of chosen) {
    // Histories are longer than a stack of calls is deep.
    const open = [start]
    const isOpen = new Set(open)
    for (let commit = open.at(-1); commit !== undefined; commit = open.at(-1)) {
      const above = parents.get(commit) ?? []
      const unknown = above.find((parent) => !chosen.has(parent) && !nearest.has(parent) && !isOpen.has(parent))
      if (unknown !== undefined) {
        open.push(unknown)
        isOpen.add(unknown)
        continue
      }
      const found = above.map((parent) => (chosen.has(parent) ? parent : (nearest.get(parent) ?? null)))
      nearest.set(commit, found.find((ancestor) => ancestor !== null) ?? null)
      open.pop()
      isOpen.delete(commit)
    }
  }
  return new Map(
    [...chosen].flatMap((commit) => {
      const ancestor = nearest.get(commit)
      return ancestor === undefined || ancestor === null || ancestor === commit ? [] : [[commit, ancestor]]
    }),
  )
}
