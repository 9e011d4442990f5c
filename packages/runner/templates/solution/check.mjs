// Scores a solution: node check.mjs --artifacts_dir FOLDER --results_dir DIR
// Nothing of a candidate runs: the file itself is what is judged.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"

const POINTS = 10

await evaluate(({ artifactsDir }) => {
  const points = parsePoints(readFileSync(join(artifactsDir, "solution.json"), "utf8"))
  let least = Infinity
  for (const [i, [ax, ay]] of points.entries()) {
    for (const [bx, by] of points.slice(i + 1)) least = Math.min(least, Math.hypot(ax - bx, ay - by))
  }
  return { score: least, feedback: `The two closest points are ${least} apart.` }
})

/** Checks everything: what a checker lets through will be found. */
function parsePoints(text) {
  let points
  try {
    points = JSON.parse(text)
  } catch {
    throw new Incorrect("the solution is not JSON")
  }
  const isPoint = (point) =>
    Array.isArray(point) &&
    point.length === 2 &&
    point.every((value) => Number.isFinite(value) && value >= 0 && value <= 1)
  if (!Array.isArray(points) || points.length !== POINTS || !points.every(isPoint)) {
    throw new Incorrect(`expected ${POINTS} points [x, y] of the unit square`)
  }
  return points
}
