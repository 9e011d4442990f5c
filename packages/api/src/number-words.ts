/** The least difference that counts in a task's metric, in its unit; 0 where that is not known. */
type MinEffect = number

const MINUS = "\u2212"
/** Larger ones take more room than a list has. */
const MOST_DIGITS = 9
const MOST_DECIMALS = 8

/** Decimals that show a difference of the metric's least effect, and one more; without one, five digits of `value`. */
export function decimalsOf(minEffect: MinEffect, value = 1): number {
  if (minEffect > 0) return clamp(Math.ceil(-Math.log10(minEffect)) + 1, 0, MOST_DECIMALS)
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  return clamp(4 - magnitude, 0, MOST_DECIMALS)
}

/** A value of the metric with the digits that matter, the same in terminal and explorer; a dash where there is none. */
export function formatValue(value: number | null | undefined, minEffect: MinEffect): string {
  if (value === null || value === undefined) return "–"
  const size = Math.abs(value)
  const text = value.toFixed(decimalsOf(minEffect, value))
  const isLost = Number(text) === 0 && size > minEffect
  return withMinus(size >= 10 ** MOST_DIGITS || isLost ? value.toExponential(3) : text)
}

/** A value with its standard error where reruns tell one: `0.9712 ± 0.0009`. */
export function formatMeasured(value: number | null, error: number | null, minEffect: MinEffect): string {
  return value === null || error === null || error === 0 ? formatValue(value, minEffect) : withError(value, error)
}

/** A value with its standard error, both to the second digit of the error. */
export function withError(value: number, error: number): string {
  const decimals = error > 0 ? clamp(1 - Math.floor(Math.log10(error)), 0, MOST_DECIMALS) : MOST_DECIMALS
  return `${withMinus(value.toFixed(decimals))} ± ${error.toFixed(decimals)}`
}

/** A difference in the metric's unit, with its sign. */
export function formatDelta(delta: number, minEffect: MinEffect): string {
  const text = formatValue(delta, minEffect)
  if (Number(text.replace(MINUS, "-")) === 0) return "±0"
  return delta > 0 ? `+${text}` : text
}

/** A fraction as signed percentage of three digits: `−1.23 %`, `+14.6 %`. */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100
  const size = Math.abs(percent)
  const text =
    size >= 10 ** MOST_DIGITS ? percent.toExponential(3) : percent.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
  if (Number(text) === 0) return "±0 %"
  return `${percent > 0 ? "+" : ""}${withMinus(text)} %`
}

/** With the minus sign of print, which a zero has none of. */
function withMinus(text: string): string {
  if (!text.startsWith("-")) return text
  return (Number(text) === 0 ? "" : MINUS) + text.slice(1)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
