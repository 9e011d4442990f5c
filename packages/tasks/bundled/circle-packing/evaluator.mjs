// Runs a candidate of circle-packing: node evaluator.mjs --program_path pack.mjs --results_dir DIR
//
// The candidate runs apart, as a Node program; what it prints becomes the artifact that check.mjs scores.

import { NoPacking, readPacking, sumRadii, MAX_BYTES } from "./packing.mjs"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"

/** Wall seconds, where nobody says what the budget is. */
const SECONDS = 25

await evaluate(async ({ program, budget, runCandidate, writeArtifact }) => {
  const run = await runCandidate(["node", program], {
    seconds: budget.seconds ?? SECONDS,
    maxOutputBytes: MAX_BYTES,
  })
  if (run.outcome !== "ok") throw new Incorrect(run.detail)
  try {
    const text = run.stdout.toString()
    const circles = readPacking(text)
    await writeArtifact("circles.json", text)
    const score = sumRadii(circles)
    return { score, public: { sum_radii: score, pack_seconds: run.seconds }, feedback: feedback(circles) }
  } catch (error) {
    if (error instanceof NoPacking) throw new Incorrect(error.message)
    throw error
  }
})

/** A few lines for whoever proposes the next candidate. */
function feedback(circles) {
  const radii = circles.map(([, , r]) => r).toSorted((a, b) => a - b)
  const touching = circles.flatMap(([x, y, r], i) => [
    ...[x - r, 1 - x - r, y - r, 1 - y - r].filter((gap) => gap < 1e-6),
    ...circles.slice(0, i).filter(([otherX, otherY, otherR]) => Math.hypot(x - otherX, y - otherY) - r - otherR < 1e-6),
  ])
  return [
    `The radii go from ${radii[0].toFixed(4)} to ${radii.at(-1).toFixed(4)}, the median is ${radii[13].toFixed(4)}.`,
    `${touching.length} pairs of circles, or of a circle and a side, touch within 1e-6.`,
  ].join("\n")
}
