import { bytesEqual, type Random } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { CandidateProposal, ProposalContext, Proposer } from "../proposer.ts"
import { bestOf, type Observation, observe } from "./history.ts"
import { dissect, type Knob, type Settings, settingsKey, settingsOf, withSettings } from "./knobs.ts"
import { firstStep, moved, placeOf } from "./space.ts"
import { fitSurrogate } from "./surrogate.ts"

/** Random moves that the surrogate compares for one proposal. */
const DRAWS = 400
/** Typical size of a move, as a share of the range. */
const SPREAD = 0.15

/** Other values for some of the knobs, and what speaks for them. */
interface Move {
  readonly changes: Settings
  readonly because: string
}

/**
 * The built-in proposer: changes one to three of the constants marked `@tune` in the parent. At first each is
 * stepped once on its own, what matters most first; then a surrogate, learned from all experiments that differ in
 * constants alone, chooses where to go. Proposes no code that is known already, and nothing where nothing is marked.
 */
export function createTuner(): Proposer {
  return { name: "tuner", propose: async (context) => propose(context) }
}

function propose(context: ProposalContext): CandidateProposal | null {
  const { parent, candidate, history } = context
  const { knobs } = dissect(parent.files, candidate.editable)
  if (knobs.length === 0) return null
  const observations = observe(context)
  const current = settingsOf(knobs)
  const known = new Set([current, ...observations.map(({ settings }) => settings)].map(settingsKey))

  for (const move of movesFrom(context, knobs, observations)) {
    if (known.has(settingsKey(new Map([...current, ...move.changes])))) continue
    const files = withSettings(parent.files, knobs, move.changes)
    if (history.some((past) => past.files !== null && sameFiles(past.files, files))) continue
    return { files, title: titleOf(knobs, move.changes), hypothesis: move.because, agent: "tuner" }
  }
  return null
}

/** What to try, the most promising first. */
function* movesFrom(
  context: ProposalContext,
  knobs: readonly Knob[],
  observations: readonly Observation[],
): Generator<Move> {
  const [first] = knobs
    .filter(({ key, tunable }) => observations.every(({ settings }) => settings.get(key) === tunable.value))
    .toSorted((a, b) => urgency(a) - urgency(b))
  if (first !== undefined) yield firstMove(first, context.random)
  yield* surrogateMoves(context, knobs, observations)
}

function firstMove({ key, tunable }: Knob, random: Random): Move {
  return {
    changes: new Map([[key, firstStep(tunable, random)]]),
    because: `${tunable.name} has not been varied in this code yet; a first step towards the wider side of its range.`,
  }
}

/** What comes first before anything is known: scales, then what is switched off, then alternatives, then the rest. */
function urgency({ tunable: { domain, value } }: Knob): number {
  if (domain.kind === "choice") return 2
  if (domain.scale === "log") return 0
  const place = placeOf(domain, value)
  return place === 0 || place === 1 ? 1 : 3
}

/** Random moves from the parent, by what a surrogate expects of them. */
function* surrogateMoves(
  { task, random }: ProposalContext,
  knobs: readonly Knob[],
  observations: readonly Observation[],
): Generator<Move> {
  const current = settingsOf(knobs)
  const pointOf = (settings: Settings): number[] =>
    knobs.map(({ key, tunable }) => placeOf(tunable.domain, settings.get(key) ?? tunable.value) ?? 0)
  const expect = fitSurrogate(
    knobs.map(({ tunable }) => tunable.domain.kind),
    observations.map(({ settings }) => pointOf(settings)),
    observations.map(({ loss }) => loss),
  )
  const best = bestOf(observations, 5)
  // What an unsure outcome is worth differs between proposals, so that nodes with the same history do not agree.
  const boldness = 0.3 + random.next()
  const draws = Array.from({ length: DRAWS }, () => {
    const changes = draw(knobs, best, random)
    const expected = expect(pointOf(new Map([...current, ...changes])))
    return { changes, expected, score: expected.mean - boldness * expected.deviation }
  })
  const sign = task.metric.goal === "minimize" ? 1 : -1
  for (const { changes, expected } of draws.toSorted((a, b) => a.score - b.score)) {
    const figures = `${(sign * expected.mean).toPrecision(4)} ± ${expected.deviation.toPrecision(2)}`
    const because = `From ${observations.length} experiments with this code, ${task.metric.name} ${figures} is expected.`
    yield { changes, because: `${because} ${bestValues(knobs, changes, best)}` }
  }
}

/** Changes one to three knobs: near where they are, or to what they are in one of the best experiments. */
function draw(knobs: readonly Knob[], best: readonly Observation[], random: Random): Settings {
  const changes = new Map<string, string | number>()
  const count = 1 + Math.floor(random.next() * 3)
  for (let i = 0; i < count; i++) {
    const knob = knobs[Math.floor(random.next() * knobs.length)]
    if (knob === undefined) continue
    const copied = best[Math.floor(random.next() * best.length * 4)]?.settings.get(knob.key)
    const value = copied ?? moved(knob.tunable, SPREAD, random)
    if (value !== knob.tunable.value) changes.set(knob.key, value)
  }
  return changes
}

/** `The best have HIDDEN 96, 112, 96.` */
function bestValues(knobs: readonly Knob[], changes: Settings, best: readonly Observation[]): string {
  const values = knobs
    .filter(({ key }) => changes.has(key))
    .map(({ key, tunable }) => {
      const seen = best.slice(0, 3).map(({ settings }) => settings.get(key))
      return `${tunable.name} ${seen.join(", ")}`
    })
  return `The best have ${values.join("; ")}.`
}

/** `LEARNING_RATE 0.001 → 0.0027, HIDDEN 64 → 96`. */
function titleOf(knobs: readonly Knob[], changes: Settings): string {
  const parts = knobs.flatMap(({ key, tunable }) => {
    const value = changes.get(key)
    return value === undefined ? [] : [`${tunable.name} ${tunable.value} → ${value}`]
  })
  const title = parts.join(", ")
  return title.length <= 200 ? title : `${title.slice(0, 199)}…`
}

function sameFiles(a: FileTree, b: FileTree): boolean {
  return a.size === b.size && [...a].every(([path, content]) => bytesEqual(content, b.get(path) ?? new Uint8Array()))
}
