// Judges a candidate: node evaluator.mjs --program_path candidate.mjs --results_dir DIR
import { evaluate, Incorrect } from "./spore-evaluator.mjs"

const POINTS = 80

await evaluate(async ({ program, seed, budget, runCandidate }) => {
  const points = randomPoints(seed)
  // The candidate runs in a sandbox of its own, which holds its files and no others.
  const run = await runCandidate(["node", program], { stdin: JSON.stringify(points), seconds: budget.seconds })
  if (run.outcome !== "ok") throw new Incorrect(`${run.outcome}: ${run.detail}`)
  const tour = parseTour(run.stdout.toString())
  const lengths = tour.map((point, i) => distance(points[point], points[tour[(i + 1) % POINTS]]))
  const score = lengths.reduce((sum, length) => sum + length, 0)
  return {
    score,
    public: { longest_leg: Math.max(...lengths), seconds: run.seconds },
    feedback: `The tour is ${score.toFixed(4)} long, its longest leg ${Math.max(...lengths).toFixed(4)}.`,
  }
})

/** Checks everything: what a checker lets through will be found. */
function parseTour(text) {
  let tour
  try {
    tour = JSON.parse(text)
  } catch {
    throw new Incorrect("the candidate did not print JSON")
  }
  const isTour =
    Array.isArray(tour) &&
    tour.length === POINTS &&
    new Set(tour).size === POINTS &&
    tour.every((point) => Number.isInteger(point) && point >= 0 && point < POINTS)
  if (!isTour) throw new Incorrect(`a tour visits each of ${POINTS} points once`)
  return tour
}

function distance([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by)
}

/** The same points for the same seed (mulberry32). */
function randomPoints(seed) {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return Array.from({ length: POINTS }, () => [random(), random()])
}
