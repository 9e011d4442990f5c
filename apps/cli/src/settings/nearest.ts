/** Most that are named. */
const MOST = 3

/** Those of `known` that `text` could be meant for, the likeliest first. */
export function nearest(text: string, known: readonly string[]): string[] {
  const asked = text.toLowerCase().replaceAll("-", "_")
  const most = Math.max(2, Math.floor(asked.length / 3))
  return known
    .map((key) => ({ key, distance: distanceTo(key, asked) }))
    .filter(({ distance }) => distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ key }) => key)
}

/** Without its table it may be meant too. */
function distanceTo(key: string, asked: string): number {
  const name = key.slice(key.indexOf(".") + 1)
  return name === asked ? 0 : Math.min(edits(key, asked), edits(name, asked) + (key === name ? 0 : 1))
}

/** Letters to add, remove or change (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
