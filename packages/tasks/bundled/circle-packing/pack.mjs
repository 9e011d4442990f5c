// Packs 26 circles into the unit square and prints them as [[x, y, r], …]. This is the file to improve.
// Circles that grow push each other apart; the best of several starts is printed. It ends after a fixed number of
// moves, well within the time limit of 25 seconds, and so prints the same wherever it runs.
// After `@tune` stands what a constant may be: a range (`log`: searched by ratio; `step n`: in steps of n from its
// lower end) or the words to choose from; and after `when`, where it has an effect.

const COUNT = 26
/** Where chance begins: always at the same place, so that what is kept shows what the other constants do. */
const SEED = 26
/** Where circles begin: rows of a grid, rings around the middle, or anywhere. */
const LAYOUT = "grid" // @tune grid | rings | random
/** How far from there, in typical distances of circles. */
const SCATTER = 0 // @tune 0..1
const STARTS = 1 // @tune 1..300 log
/** Moves of one start. */
const MOVES = 100 // @tune 50..3000 log
/** Size of the first move and of the last. */
const FIRST_MOVE = 0.001 // @tune 0.0005..0.05 log
const LAST_MOVE = 0.001 // @tune 0.00001..0.003 log
/** What an overlap costs against what a radius is worth, at the first move and at the last. */
const FIRST_PRESSURE = 5 // @tune 1..50 log
const LAST_PRESSURE = 20 // @tune 10..10000 log
/** Times the best packing so far is shaken and packed anew, and how hard. */
const SHAKES = 0 // @tune 0..300 step 10
const SHAKE = 0.05 // @tune 0.005..0.3 log when SHAKES > 0
/** The share of its circles that a shake moves. */
const SHAKEN = 0.3 // @tune 0.05..1 when SHAKES > 0

const random = createRandom(SEED)
let best = { sum: 0, circles: [] }
for (let start = 0; start < Math.round(STARTS); start++) keepIfBetter(pack(layOut()))
for (let shake = 0; shake < SHAKES; shake++) keepIfBetter(pack(shaken(best.circles)))
console.log(JSON.stringify(best.circles))

function keepIfBetter(circles) {
  const sum = circles.reduce((total, [, , r]) => total + r, 0)
  if (sum > best.sum) best = { sum, circles }
}

function layOut() {
  const side = Math.ceil(Math.sqrt(COUNT))
  const jitter = () => ((random() - 0.5) * SCATTER) / side
  return Array.from({ length: COUNT }, (_, i) => {
    const [x, y] = placeOf(i, side)
    return [inside(x + jitter()), inside(y + jitter()), 0.25 / side]
  })
}

function placeOf(i, side) {
  if (LAYOUT === "random") return [random(), random()]
  if (LAYOUT === "grid") return [((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side]
  // rings of 1, 6, 12, 7
  const ring = i < 1 ? 0 : i < 7 ? 1 : i < 19 ? 2 : 3
  const [first, count] = [
    [0, 1],
    [1, 6],
    [7, 12],
    [19, COUNT - 19],
  ][ring]
  const angle = (2 * Math.PI * (i - first)) / count
  return [0.5 + 0.19 * ring * Math.cos(angle), 0.5 + 0.19 * ring * Math.sin(angle)]
}

function shaken(circles) {
  const push = () => (random() - 0.5) * 2 * SHAKE
  return circles.map(([x, y, r]) => (random() < SHAKEN ? [inside(x + push()), inside(y + push()), r * 0.5] : [x, y, r]))
}

/** Moves circles uphill: their radii less the pressure times the squares of all overlaps (Adam). */
function pack(start) {
  const place = Float64Array.from(start.flat())
  const slope = new Float64Array(place.length)
  const mean = new Float64Array(place.length)
  const square = new Float64Array(place.length)
  const moves = Math.round(MOVES)
  for (let move = 0; move < moves; move++) {
    const done = move / moves
    climb(place, slope, FIRST_PRESSURE * (LAST_PRESSURE / FIRST_PRESSURE) ** done)
    const size = FIRST_MOVE * (LAST_MOVE / FIRST_MOVE) ** done
    for (let i = 0; i < place.length; i++) {
      mean[i] = 0.9 * mean[i] + 0.1 * slope[i]
      square[i] = 0.99 * square[i] + 0.01 * slope[i] * slope[i]
      const correction = Math.sqrt(1 - 0.99 ** (move + 1)) / (1 - 0.9 ** (move + 1))
      place[i] += (size * correction * mean[i]) / (Math.sqrt(square[i]) + 1e-9)
    }
  }
  const circles = Array.from({ length: COUNT }, (_, i) => [...place.subarray(3 * i, 3 * i + 3)])
  return settle(circles)
}

/** The slope of the radii less the pressure of overlaps at a place. */
function climb(place, slope, pressure) {
  for (let i = 0; i < place.length; i += 3) {
    const [x, y, r] = [place[i], place[i + 1], place[i + 2]]
    const left = Math.max(0, r - x)
    const right = Math.max(0, x + r - 1)
    const top = Math.max(0, r - y)
    const bottom = Math.max(0, y + r - 1)
    slope[i] = 2 * pressure * (left - right)
    slope[i + 1] = 2 * pressure * (top - bottom)
    slope[i + 2] = 1 - 2 * pressure * (left + right + top + bottom)
  }
  for (let i = 3; i < place.length; i += 3) {
    for (let j = 0; j < i; j += 3) {
      const dx = place[i] - place[j]
      const dy = place[i + 1] - place[j + 1]
      const reach = place[i + 2] + place[j + 2]
      if (dx * dx + dy * dy >= reach * reach || reach <= 0) continue
      const distance = Math.sqrt(dx * dx + dy * dy) + 1e-12
      const force = 2 * pressure * (reach - distance)
      slope[i] += (force * dx) / distance
      slope[i + 1] += (force * dy) / distance
      slope[j] -= (force * dx) / distance
      slope[j + 1] -= (force * dy) / distance
      slope[i + 2] -= force
      slope[j + 2] -= force
    }
  }
}

/** Keeps the centres; shrinks what overlaps, then lets each circle grow as far as there is room. */
function settle(circles) {
  const centres = circles.map(([x, y]) => [inside(x), inside(y)])
  const distances = centres.map(([x, y]) => centres.map(([otherX, otherY]) => Math.hypot(x - otherX, y - otherY)))
  const walls = centres.map(([x, y]) => Math.min(x, y, 1 - x, 1 - y))
  const radii = circles.map(([, , r], i) => Math.max(0, Math.min(r, walls[i])))
  for (let i = 0; i < COUNT; i++) {
    for (let j = 0; j < i; j++) {
      const scale = distances[i][j] / (radii[i] + radii[j])
      if (scale >= 1) continue
      radii[i] *= scale
      radii[j] *= scale
    }
  }
  for (let i = 0; i < COUNT; i++) {
    const room = distances[i].map((distance, j) => (j === i ? walls[i] : distance - radii[j]))
    radii[i] = Math.max(radii[i], Math.min(...room))
  }
  return centres.map(([x, y], i) => [x, y, radii[i]])
}

function inside(value) {
  return Math.min(0.999, Math.max(0.001, value))
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
