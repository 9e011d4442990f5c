import type { Random } from "@spore/records"
import { bestOf, MOST_CHANGES, type Observation } from "./history.ts"
import { activeSettings, type Knob, type Settings, settingsKey, settingsOf } from "./knobs.ts"
import type { Tunable, TunedValue } from "./marks.ts"
import { anywhere, firstStep, moved, placeOf } from "./space.ts"
import { type Axis, type Expectation, fitSurrogate } from "./surrogate.ts"

/** Constants stepped at a time, while some have not been varied. */
const STEPPED = 2
/** Random moves that the surrogate compares for one proposal. */
const DRAWS = 400
/**
 * How often all knobs are drawn anew where such draws were always among the better half, and of how many of them the most
 * promising is taken: near the best, what holds in its corner alone is all that can be learned. SMAC interleaves random
 * settings for this (Hutter, Hoos and Leyton-Brown, 2011).
 */
const ANEW = 0.5
const ANEW_DRAWS = 4
/** Rounds in which each knob of the best moves is moved on, and how many moves those are. */
const ROUNDS = 3
const REFINED = 8
/** Typical size of a move, as a share of the range: of most, of the wide ones, and of what refines them. */
const SPREAD = 0.2
const WIDE = 0.5
const FINE = 0.1
const LEAST_BOLD = 0.3
const BOLDNESS = 1

/** Other values for some of the knobs, and what is expected of them. */
export interface Move {
  readonly changes: Settings
  /** Of the constants changed. */
  readonly names: readonly string[]
  /** Null for a first step into the unknown. */
  readonly expected: Expectation | null
}

/**
 * Whether this proposal is to draw all knobs anew, instead of staying near the parent: the more often, the more of such
 * draws came out in the better half (by the rule of succession: as if there had been one good and one bad before).
 */
export function looksElsewhere(observations: readonly Observation[], random: Random): boolean {
  const own = observations.filter(({ frame }) => frame === 0)
  const middle = own.map(({ loss }) => loss).toSorted((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0
  const far = own.filter(({ isFar }) => isFar)
  const good = far.filter(({ loss }) => loss < middle).length
  return random.next() < (ANEW * (good + 1)) / (far.length + 2)
}

/** A step of what has an effect here and was never varied, what matters most first; null where all was varied. */
export function firstMove(knobs: readonly Knob[], observations: readonly Observation[], random: Random): Move | null {
  const current = settingsOf(knobs)
  // What was drawn anew is far from here: it does not tell what one constant does.
  const own = observations.filter(({ frame, isFar }) => frame === 0 && !isFar)
  const unvaried = knobs.filter(({ key }) => {
    const stands = current.get(key)
    return own.every(({ settings }) => (settings.get(key) ?? stands) === stands)
  })
  const steps = new Map<string, TunedValue>()
  for (const { key, tunable } of unvaried.toSorted((a, b) => weightOf(b.tunable) - weightOf(a.tunable))) {
    if (steps.size < STEPPED && activeSettings(knobs, steps).has(key)) steps.set(key, firstStep(tunable, random))
  }
  return steps.size === 0 ? null : moveOf(knobs, steps, null)
}

/**
 * Moves from where the knobs stand that nobody has tried in this code, the most promising first: random ones, and the
 * best of them with one knob moved on, several times.
 *
 * @param elsewhere a few draws of all knobs instead
 */
export async function rankMoves(
  knobs: readonly Knob[],
  observations: readonly Observation[],
  random: Random,
  elsewhere: boolean,
  pause: () => Promise<void>,
): Promise<Move[]> {
  const current = settingsOf(knobs)
  const own = observations.filter(({ frame }) => frame === 0).map(({ settings }) => settings)
  const known = new Set([activeSettings(knobs, current), ...own].map(settingsKey))
  const axes = knobs.map(({ tunable }): Axis => ({ kind: tunable.domain.kind, weight: weightOf(tunable) }))
  const points = observations.map(({ settings, frame }) => ({ at: placesOf(knobs, settings), frame }))
  const losses = observations.map(({ loss }) => loss)
  const expect = await fitSurrogate(axes, points, losses, pause)
  // What an unsure outcome is worth differs between proposals, so that nodes with the same history do not agree.
  const boldness = LEAST_BOLD + BOLDNESS * random.next()
  const scored = new Map<string, { changes: Settings; expected: Expectation; score: number }>()

  async function consider(wanted: Settings): Promise<void> {
    const settings = activeSettings(knobs, wanted)
    const changes = new Map([...wanted].filter(([key]) => settings.has(key)))
    const key = settingsKey(settings)
    if (known.has(key) || scored.has(key)) return
    const expected = expect({ at: placesOf(knobs, settings), frame: 0 })
    scored.set(key, { changes, expected, score: expected.mean - boldness * expected.deviation })
    await pause()
  }
  const ranked = (): { changes: Settings; expected: Expectation }[] =>
    [...scored.values()].toSorted((a, b) => a.score - b.score)

  const asMoves = (): Move[] => ranked().map(({ changes, expected }) => moveOf(knobs, changes, expected))

  if (elsewhere) {
    for (let i = 0; i < ANEW_DRAWS; i++) await consider(drawAnew(knobs, random))
    if (scored.size > 0) return asMoves()
  }
  const best = bestOf(observations, 5)
  for (let i = 0; i < DRAWS; i++) await consider(draw(knobs, best, random))
  for (let round = 0; round < ROUNDS; round++) {
    for (const { changes } of ranked().slice(0, REFINED)) {
      for (const knob of knobs) {
        const further = withMoved(changes, knob, random)
        if (further.size > 0 && further.size <= MOST_CHANGES) await consider(further)
      }
    }
  }
  return asMoves()
}

/** How much a constant is thought to matter before anything is known: what it selects, scales, what is switched off. */
function weightOf({ domain, value }: Tunable): number {
  if (domain.kind === "choice") return 3
  if (domain.scale === "log") return 2
  const place = placeOf(domain, value)
  return place === 0 || place === 1 ? 1.5 : 1
}

/** Every knob from anywhere in its range. */
function drawAnew(knobs: readonly Knob[], random: Random): Settings {
  const current = settingsOf(knobs)
  const drawn = knobs.map(({ key, tunable: { domain } }) => [key, anywhere(domain, random)] as const)
  return new Map(drawn.filter(([key, value]) => value !== current.get(key)))
}

/** Changes one to three knobs that have an effect: from where they are, or to what they are in one of the best. */
function draw(knobs: readonly Knob[], best: readonly Observation[], random: Random): Settings {
  const changes = new Map<string, TunedValue>()
  const count = 1 + Math.floor(random.next() * MOST_CHANGES)
  for (let i = 0; i < count; i++) {
    const active = activeSettings(knobs, changes)
    const able = knobs.filter(({ key }) => active.has(key))
    const knob = able[Math.floor(random.next() * able.length)]
    if (knob === undefined) continue
    const copied = best[Math.floor(random.next() * best.length * 4)]?.settings.get(knob.key)
    const value = copied ?? moved(knob.tunable, random.next() < 0.5 ? SPREAD : WIDE, random)
    if (value !== knob.tunable.value) changes.set(knob.key, value)
  }
  return changes
}

function withMoved(changes: Settings, { key, tunable }: Knob, random: Random): Settings {
  const value = moved({ ...tunable, value: changes.get(key) ?? tunable.value }, FINE, random)
  const further = new Map([...changes, [key, value]])
  if (value === tunable.value) further.delete(key)
  return further
}

/** Where settings stand; NaN for a knob without effect. */
function placesOf(knobs: readonly Knob[], settings: Settings): Float64Array {
  return Float64Array.from(knobs, ({ key, tunable }) => {
    const value = settings.get(key)
    return (value === undefined ? null : placeOf(tunable.domain, value)) ?? NaN
  })
}

function moveOf(knobs: readonly Knob[], changes: Settings, expected: Expectation | null): Move {
  const names = knobs.filter(({ key }) => changes.has(key)).map(({ tunable }) => tunable.name)
  return { changes, names, expected }
}
