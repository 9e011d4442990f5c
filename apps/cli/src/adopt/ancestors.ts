/**
 * For each of the chosen commits the nearest of them that it came of, along first parents before others; absent where
 * there is none.
 *
 * @param parents of every commit that is known, each the child of none of its own
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
    for (let commit = open.at(-1); commit !== undefined; commit = open.at(-1)) {
      const above = parents.get(commit) ?? []
      const unknown = above.find((parent) => !chosen.has(parent) && !nearest.has(parent))
      if (unknown !== undefined) {
        open.push(unknown)
        continue
      }
      const found = above.map((parent) => (chosen.has(parent) ? parent : (nearest.get(parent) ?? null)))
      nearest.set(commit, found.find((ancestor) => ancestor !== null) ?? null)
      open.pop()
    }
  }
  return new Map(
    [...chosen].flatMap((commit) => {
      const ancestor = nearest.get(commit)
      return ancestor === undefined || ancestor === null ? [] : [[commit, ancestor]]
    }),
  )
}
