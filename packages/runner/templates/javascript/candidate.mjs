// The file that candidates change: reads points on stdin, prints an order in which to visit them.
import { readFileSync } from "node:fs"

// @tune marks a constant that Spore's built-in tuner may change, and its range.
const PASSES = 0 // @tune 0..40 step 1

const points = JSON.parse(readFileSync(0, "utf8"))
const distance = (a, b) => Math.hypot(points[a][0] - points[b][0], points[a][1] - points[b][1])

/** Always to the nearest point that is left. */
function nearest() {
  const left = new Set(points.keys())
  const tour = []
  for (let at = 0; left.size > 0;) {
    left.delete(at)
    tour.push(at)
    let best = Infinity
    const from = at
    for (const other of left) {
      const length = distance(from, other)
      if (length < best) [best, at] = [length, other]
    }
  }
  return tour
}

/** Turns stretches of the tour round where that makes it shorter. */
function improve(tour) {
  const { length } = tour
  for (let i = 0; i < length - 1; i++) {
    for (let j = i + 2; j < length; j++) {
      const [a, b, c, d] = [tour[i], tour[i + 1], tour[j], tour[(j + 1) % length]]
      if (a === d || distance(a, c) + distance(b, d) >= distance(a, b) + distance(c, d)) continue
      tour.splice(i + 1, j - i, ...tour.slice(i + 1, j + 1).reverse())
    }
  }
}

const tour = nearest()
for (let pass = 0; pass < PASSES; pass++) improve(tour)
console.log(JSON.stringify(tour))
