/** Colours of the chart, from the page's tokens, so that both themes have theirs. */
export interface Palette {
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly surface: string
  readonly kept: string
  readonly discarded: string
  readonly crashed: string
  readonly lineage: string
  readonly best: string
  readonly disputed: string
  readonly edge: string
  readonly font: string
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  return {
    text: token("--text"),
    muted: token("--muted"),
    grid: token("--grid"),
    surface: token("--surface"),
    kept: token("--kept"),
    discarded: token("--discarded"),
    crashed: token("--crashed"),
    lineage: token("--lineage"),
    best: token("--best"),
    disputed: token("--disputed"),
    edge: token("--edge"),
    font: style.fontFamily,
  }
}
