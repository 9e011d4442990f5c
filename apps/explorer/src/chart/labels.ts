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
}

/** Height of a label's line. */
export const LABEL_HEIGHT = 16
/** From a step's end, clear of its mark and ring. */
const GAP = 11

/**
 * Places labels of the largest steps where they cover neither a line, a mark nor each other. No point is better than the
 * running best, so its better side is free: beside the step's end first, then beyond it, then on the other side.
 *
 * @param betterIsDown whether better values lie below
 */
export function placeLabels(
  candidates: readonly LabelCandidate[],
  lines: readonly Line[],
  marks: readonly Box[],
  plot: Box,
  { max, betterIsDown }: { max: number; betterIsDown: boolean },
): PlacedLabel[] {
  const placed: PlacedLabel[] = []
  const beyond = betterIsDown ? 1 : -1
  for (const { text, width, x, y } of candidates.toSorted((a, b) => b.weight - a.weight)) {
    if (placed.length >= max) break
    const box = [
      boxAt(x - GAP - width, y + beyond * 3, width),
      boxAt(x - width, y + beyond * LABEL_HEIGHT, width),
      boxAt(x + 2, y + beyond * LABEL_HEIGHT, width),
      boxAt(x + GAP, y - beyond * LABEL_HEIGHT, width),
    ].find((one) => isFree(one, lines, [...marks, ...placed], plot))
    if (box !== undefined) placed.push({ ...box, text })
  }
  return placed
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
