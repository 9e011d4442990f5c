export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Line {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

/** A step of the running best that may carry a label, in pixels. */
export interface LabelCandidate {
  readonly text: string
  /** Of the text. */
  readonly width: number
  readonly x: number
  /** Where the step ends. */
  readonly y: number
  /** Larger gains are labelled first. */
  readonly weight: number
}

export interface PlacedLabel extends Box {
  readonly text: string
  /** Where its step is, if the label is so far from it that a line must say so. */
  readonly from?: { readonly x: number; readonly y: number }
}

/** Height of a label's line. */
export const LABEL_HEIGHT = 16
/** From a step's end, clear of its mark and ring. */
const GAP = 11
/** How far to the side and how far to the worse side a label may stand off, in pixels, nearest first. */
const AWAY = [
  [24, 16],
  [24, 34],
  [44, 8],
  [44, 52],
  [72, 30],
] as const

/**
 * Places labels of the largest steps where they cover neither a line, a mark nor each other. No point is better than the
 * running best, so its better side is free: beside the step's end first, then beyond it, then on the other side; where
 * that is taken too, further away on a line of its own.
 *
 * @param isMarked whether a box has a mark in it
 * @param betterIsDown whether better values lie below
 */
export function placeLabels(
  candidates: readonly LabelCandidate[],
  lines: readonly Line[],
  isMarked: (box: Box) => boolean,
  plot: Box,
  { max, betterIsDown }: { max: number; betterIsDown: boolean },
): PlacedLabel[] {
  const placed: PlacedLabel[] = []
  const beyond = betterIsDown ? 1 : -1
  for (const { text, width, x, y } of candidates.toSorted((a, b) => b.weight - a.weight).slice(0, 5 * max)) {
    if (placed.length >= max) break
    const isClear = (box: Box): boolean => isFree(box, lines, placed, plot) && !isMarked(box)
    const near = [
      boxAt(x - GAP - width, y + beyond * 3, width),
      boxAt(x - width, y + beyond * LABEL_HEIGHT, width),
      boxAt(x + 2, y + beyond * LABEL_HEIGHT, width),
      boxAt(x + GAP, y - beyond * LABEL_HEIGHT, width),
    ].find(isClear)
    if (near !== undefined) {
      placed.push({ ...near, text })
      continue
    }
    const away = AWAY.map(([side, up]) => boxAt(x + side, y - beyond * up, width)).find((box) => {
      const leader = { x1: x, y1: y, x2: box.left, y2: (box.top + box.bottom) / 2 }
      return isClear(box) && !placed.some((other) => crosses(other, leader) || meetsLeader(other, box, leader))
    })
    if (away !== undefined) placed.push({ ...away, text, from: { x, y } })
  }
  return placed
}

/** Whether a label's own line runs through a box or across another such line. */
function meetsLeader({ from, left, top, bottom }: PlacedLabel, box: Box, leader: Line): boolean {
  if (from === undefined) return false
  const other = { x1: from.x, y1: from.y, x2: left, y2: (top + bottom) / 2 }
  return crosses(box, other) || intersect(leader, other)
}

function intersect(a: Line, b: Line): boolean {
  return turn(a, b.x1, b.y1) * turn(a, b.x2, b.y2) < 0 && turn(b, a.x1, a.y1) * turn(b, a.x2, a.y2) < 0
}

/** On which side of a line a place lies, by sign. */
function turn({ x1, y1, x2, y2 }: Line, x: number, y: number): number {
  return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
}

/** A box of a label's height, centred on `y`. */
function boxAt(left: number, y: number, width: number): Box {
  return { left, right: left + width, top: y - LABEL_HEIGHT / 2, bottom: y + LABEL_HEIGHT / 2 }
}

function isFree(box: Box, lines: readonly Line[], boxes: readonly Box[], plot: Box): boolean {
  const isInside = box.left >= plot.left && box.right <= plot.right && box.top >= plot.top && box.bottom <= plot.bottom
  return isInside && !boxes.some((other) => overlaps(box, other)) && !lines.some((line) => crosses(box, line))
}

export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right + 4 && b.left < a.right + 4 && a.top < b.bottom && b.top < a.bottom
}

/** Whether a segment has a point in common with a box (Liang–Barsky). */
export function crosses(box: Box, { x1, y1, x2, y2 }: Line): boolean {
  // Most lines are nowhere near.
  if (Math.max(x1, x2) < box.left || Math.min(x1, x2) > box.right) return false
  if (Math.max(y1, y2) < box.top || Math.min(y1, y2) > box.bottom) return false
  if (x1 === x2 || y1 === y2) return true
  const dx = x2 - x1
  const dy = y2 - y1
  let enter = 0
  let leave = 1
  for (const [p, q] of [
    [-dx, x1 - box.left],
    [dx, box.right - x1],
    [-dy, y1 - box.top],
    [dy, box.bottom - y1],
  ] as const) {
    if (p === 0) {
      if (q < 0) return false
    } else if (p < 0) {
      enter = Math.max(enter, q / p)
    } else {
      leave = Math.min(leave, q / p)
    }
  }
  return enter <= leave
}
