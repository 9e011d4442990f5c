/**
 * The place of `key` among `others` for `item`, 0 first (rendezvous hashing, Thaler and Ravishankar 1996): everybody
 * who knows the same keys knows the same order, each item has another one, and a key that leaves moves no two others.
 */
export function rankOf(key: string, others: readonly string[], item: string): number {
  const seed = hash(item)
  const own = mix(hash(key) ^ seed)
  let rank = 0
  for (const other of others) {
    if (other === key) continue
    const score = mix(hash(other) ^ seed)
    if (score < own || (score === own && other < key)) rank++
  }
  return rank
}

/** FNV-1a over UTF-16 units, as 32 bits: spreads work, secures nothing. */
export function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    state ^= text.charCodeAt(i)
    state = Math.imul(state, 0x01000193) >>> 0
  }
  return state
}

/** FNV's high bits mix slowly over a common prefix, as ids have it: the finalizer of MurmurHash3. */
export function mix(bits: number): number {
  let state = bits >>> 0
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0
  return (state ^ (state >>> 16)) >>> 0
}
