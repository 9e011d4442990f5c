/**
 * The class of a GPU by its marketing name, as 0.6 named them: `RTX_4090`, `H100`, `APPLE_MPS`, … A part of a GPU, as a
 * virtual machine gets it, keeps its own name: it is not of the whole one's class.
 */
export function acceleratorClass(name: string): string {
  const text = name
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, "_")
  if (/MPS|APPLE/.test(text)) return "APPLE_MPS"
  if (/^GRID_|_\d+(?:_\d+)?(?:A|B|C|Q|CME)$/.test(text)) return text
  const collapsed = /(?:^|_)(H100|A100)(?:_|$)/.exec(text)?.[1]
  if (collapsed !== undefined) return collapsed
  const [, series, number] = /(RTX|GTX)_?(\d{3,4})/.exec(text) ?? []
  return series === undefined ? text : `${series}_${number}`
}
