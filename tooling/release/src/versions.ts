/** Order of semantic versions, as the specification's section 11 has it: negative where `a` is before `b`. */
export function compareVersions(a: string, b: string): number {
  const [coreA, preA] = parts(a)
  const [coreB, preB] = parts(b)
  const core = compareLists(coreA, coreB)
  if (core !== 0) return core
  // A version without a suffix comes after all of its previews.
  if (preA.length === 0 || preB.length === 0) return preB.length - preA.length
  return compareLists(preA, preB)
}

function parts(version: string): [string[], string[]] {
  const at = version.indexOf("-")
  return at === -1 ? [version.split("."), []] : [version.slice(0, at).split("."), version.slice(at + 1).split(".")]
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i]
    if (right === undefined) return 1
    if (left === right) continue
    const [numberLeft, numberRight] = [numeric(left), numeric(right)]
    if (numberLeft !== null && numberRight !== null) return numberLeft - numberRight
    if (numberLeft !== null) return -1
    if (numberRight !== null) return 1
    return left < right ? -1 : 1
  }
  return a.length - b.length
}

function numeric(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null
}
