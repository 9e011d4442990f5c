/** A map from data to pixels. */
export interface Scale {
  readonly domain: readonly [number, number]
  toPixel(value: number): number
}

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const span = domain[1] - domain[0]
  const factor = span === 0 ? 0 : (range[1] - range[0]) / span
  const offset = span === 0 ? (range[0] + range[1]) / 2 : range[0]
  return { domain, toPixel: (value) => offset + (value - domain[0]) * factor }
}

/** As linearScale over the logarithm; both ends of the domain are positive. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const linear = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range)
  return { domain, toPixel: (value) => linear.toPixel(Math.log10(value)) }
}

/** The step of 1, 2 or 5 times a power of ten that gives about `count` ticks. */
export function niceStep(span: number, count: number): number {
  const raw = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(raw))
  const lead = raw / power
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10)
}

/** Round values within the domain, about `count` of them. */
export function niceTicks([low, high]: readonly [number, number], count: number): number[] {
  const step = niceStep(high - low, count)
  // No step of a span of nothing, nor of one that is too small or too large for a number.
  if (!(high > low) || !(step > 0) || !Number.isFinite(step)) return [low]
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Multiplied rather than added up, so that 0.1 + 0.2 shows as 0.3.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Decimals that tell ticks of this distance apart. */
export function tickDecimals(ticks: readonly number[]): number {
  const [first, second] = ticks
  if (first === undefined || second === undefined) return 3
  const step = Math.abs(second - first)
  return Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))
}

/** Powers of ten within the domain, with 2 and 5 where they are few; none of a domain without end. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const decades = Math.log10(high) - Math.log10(low)
  // Scores may be as far apart as numbers go: then their distance is no number.
  if (!Number.isFinite(decades)) return []
  const leads = decades < 2 ? [1, 2, 5] : [1]
  const ticks: number[] = []
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const lead of leads) {
      const tick = Number((lead * 10 ** exponent).toPrecision(3))
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick)
    }
  }
  return ticks
}

const SECOND_STEPS = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000,
  31_536_000,
]

/**
 * Times (Unix seconds) within the domain that are round on a clock, about `count` of them.
 *
 * @param offset of that clock to UTC, in seconds
 */
export function timeTicks([low, high]: readonly [number, number], count: number, offset = 0): number[] {
  const span = high - low
  if (!(span > 0)) return [low]
  const step = SECOND_STEPS.find((seconds) => span / seconds <= count) ?? niceStep(span, count)
  const first = Math.ceil((low + offset) / step) * step - offset
  // Counted, not added up: of a time that is too large, a step more is the same time.
  const steps = Math.max(0, Math.min(2 * count, Math.floor((high - first) / step) + 1))
  return Array.from({ length: steps }, (_, i) => first + i * step)
}

/** Value at share `q` of sorted numbers. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}

/** A domain's upper end that only rarely changes while experiments arrive one by one. */
export function steadyMax(count: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(10, count))) / 4
  return Math.max(10, Math.ceil(count / step) * step)
}
