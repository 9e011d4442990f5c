/**
 * Orders semantic versions as their standard says (section 11), prereleases included.
 *
 * @returns below 0 where `a` comes before `b`, 0 where they rank alike
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  for (const [i, part] of left.core.entries()) {
    const order = compareParts(part, right.core[i] ?? "0")
    if (order !== 0) return order
  }
  // A release comes after its prereleases.
  if (left.pre === null || right.pre === null) return Number(left.pre === null) - Number(right.pre === null)
  for (const [i, part] of left.pre.entries()) {
    const other = right.pre[i]
    if (other === undefined) return 1
    const order = compareParts(part, other)
    if (order !== 0) return order
  }
  return left.pre.length - right.pre.length
}

function split(version: string): { core: string[]; pre: string[] | null } {
  const dash = version.indexOf("-")
  const core = (dash === -1 ? version : version.slice(0, dash)).split(".")
  return { core, pre: dash === -1 ? null : version.slice(dash + 1).split(".") }
}

/** Numbers by value and before words, whatever their length; words by code point. */
function compareParts(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  if (isNumber) {
    const [x, y] = [BigInt(a), BigInt(b)]
    return x < y ? -1 : Number(x > y)
  }
  return a < b ? -1 : Number(a > b)
}
