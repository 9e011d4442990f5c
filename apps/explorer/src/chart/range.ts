/** A stretch of the horizontal axis, low to high: experiment numbers or Unix seconds. */
export type Range = readonly [number, number]

/** The same stretch, no shorter than `least`, moved and cut so that it lies within the whole. */
export function fit([from, to]: Range, whole: Range, least: number): Range {
  const length = whole[1] - whole[0]
  const span = Math.min(length, Math.max(least, to - from))
  const middle = (from + to) / 2
  const start = Math.min(whole[1] - span, Math.max(whole[0], middle - span / 2))
  return [start, span === length ? whole[1] : start + span]
}

/** Moved by a distance, as far as the whole reaches. */
export function pan([from, to]: Range, by: number, whole: Range): Range {
  const distance = Math.min(whole[1] - to, Math.max(whole[0] - from, by))
  return [from + distance, to + distance]
}

/** Shortened by a factor around a place that stays where it is; a factor above 1 shows less. */
export function zoom([from, to]: Range, at: number, factor: number, whole: Range, least: number): Range {
  const share = to === from ? 0.5 : Math.min(1, Math.max(0, (at - from) / (to - from)))
  const span = Math.min(whole[1] - whole[0], Math.max(least, (to - from) / factor))
  return fit([at - share * span, at + (1 - share) * span], whole, least)
}

export function isWhole(range: Range, whole: Range): boolean {
  const slack = (whole[1] - whole[0]) * 1e-6
  return range[0] <= whole[0] + slack && range[1] >= whole[1] - slack
}

/** As few digits as show the same picture, for a URL. */
export function roundRange([from, to]: Range): Range {
  const step = 10 ** Math.floor(Math.log10(Math.max(1e-3, (to - from) / 2000)))
  const round = (value: number): number => Number((Math.round(value / step) * step).toFixed(step < 1 ? 3 : 0))
  return [round(from), round(to)]
}
