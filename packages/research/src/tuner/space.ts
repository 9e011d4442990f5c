import type { Random } from "@spore/records"
import type { Domain, Tunable, TunedValue } from "./marks.ts"

/** Places of a range that are told apart: finer moves than this are none. */
const RESOLUTION = 200

/**
 * Where a value stands in its domain: from 0 to 1 in a range, the option's number among choices. Null where it is not
 * in the domain.
 */
export function placeOf(domain: Domain, value: TunedValue): number | null {
  if (domain.kind === "choice") {
    const option = typeof value === "string" ? domain.options.indexOf(value) : -1
    return option < 0 ? null : option
  }
  if (typeof value !== "number") return null
  const [low, high, at] = [domain.low, domain.high, value].map(domain.scale === "log" ? Math.log : Number)
  if (low === undefined || high === undefined || at === undefined) return null
  const place = (at - low) / (high - low)
  return place >= -1e-9 && place <= 1 + 1e-9 ? Math.min(1, Math.max(0, place)) : null
}

/** The value at a place: rounded to what a person would write, and allowed by the domain. */
export function valueAt(domain: Domain, place: number): TunedValue {
  if (domain.kind === "choice") return domain.options[Math.round(place)] ?? domain.options[0] ?? ""
  const { low, high, scale, step } = domain
  const at = Math.min(1, Math.max(0, place))
  if (step !== null) {
    const steps = Math.floor((high - low) / step + 1e-9)
    return shorten(low + step * Math.min(steps, Math.round((at * (high - low)) / step)), step)
  }
  const value = scale === "log" ? low * (high / low) ** at : low + at * (high - low)
  const grain = scale === "log" ? value / 20 : (high - low) / RESOLUTION
  return Math.min(high, Math.max(low, shorten(value, grain)))
}

/** Any value of a domain, each place as likely. */
export function anywhere(domain: Domain, random: Random): TunedValue {
  if (domain.kind === "choice") return domain.options[Math.floor(random.next() * domain.options.length)] ?? ""
  return valueAt(domain, random.next())
}

/** Another value of a tunable, near its place or anywhere; the same one where rounding takes the move back. */
export function moved({ domain, value }: Tunable, spread: number, random: Random): TunedValue {
  const place = placeOf(domain, value) ?? 0
  if (domain.kind === "choice") {
    const turn = 1 + Math.floor(random.next() * (domain.options.length - 1))
    return valueAt(domain, (place + turn) % domain.options.length)
  }
  const step = domain.step === null ? 0 : domain.step / (domain.high - domain.low)
  const distance = Math.max(step, Math.abs(gaussian(random)) * spread)
  const up = place + distance > 1 || (place - distance >= 0 && random.next() < 0.5)
  return valueAt(domain, place + (up ? distance : -distance))
}

/** A first move of a constant that nobody has varied: a good step towards the side with more room. */
export function firstStep(tunable: Tunable, random: Random): TunedValue {
  const { domain, value } = tunable
  const place = placeOf(domain, value) ?? 0
  if (domain.kind === "choice") return moved(tunable, 0, random)
  const step = domain.step === null ? 0 : domain.step / (domain.high - domain.low)
  const distance = Math.max(step, 0.2 + 0.2 * random.next())
  return valueAt(domain, place < 0.5 ? place + distance : place - distance)
}

/** Rounds to the decimal places that a grain of this size needs. */
function shorten(value: number, grain: number): number {
  const digits = Math.max(0, Math.min(100, Math.ceil(-Math.log10(grain))))
  return Number(value.toFixed(digits))
}

/** A normally distributed number (Box-Muller). */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
