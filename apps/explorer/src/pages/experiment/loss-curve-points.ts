import { parseProgressLine } from "@spore/runner/progress"

export interface CurvePoint {
  readonly step: number
  readonly loss: number
}

/** One run's loss against its steps: ascending. */
export type Curve = readonly CurvePoint[]

/** A curve of fewer points says nothing. */
const MIN_POINTS = 3
/** More than a small plot can show. */
const MAX_POINTS = 400
/** Runs of one log: one for each replicate. */
const MAX_CURVES = 8
const MAX_LINE = 1000

const NUMBER = String.raw`([-+]?\d{1,20}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)`
const STEP = /(?:^|[\s|,[(])(?:step|iter|iteration)\s{0,4}[:=]?\s{0,4}(\d{1,15})\b/i
const LOSS = new RegExp(String.raw`(?:^|[\s|,(_])loss\s{0,8}[:=]?\s{0,8}${NUMBER}(?![\w.])`, "i")

/** The loss curves that a log's progress lines tell, one a run: where the steps begin again, so does the next. */
export function readCurves(log: string): Curve[] {
  const curves: CurvePoint[][] = []
  for (const line of log.split(/[\n\r]/)) {
    const point = pointOf(line)
    if (point === null) continue
    const current = curves.at(-1)
    const last = current?.at(-1)
    if (current === undefined || last === undefined || point.step < last.step) curves.push([point])
    else if (point.step > last.step) current.push(point)
  }
  return curves
    .filter((curve) => curve.length >= MIN_POINTS)
    .slice(0, MAX_CURVES)
    .map(thinned)
}

/** A line of those that nodes read progress from, or of any that names a step and a loss. */
function pointOf(line: string): CurvePoint | null {
  if (line.length > MAX_LINE) return null
  const known = parseProgressLine(line)
  const step = known?.step ?? numberIn(STEP, line)
  const loss = known?.loss ?? numberIn(LOSS, line)
  return step === null || loss === null ? null : { step, loss }
}

function numberIn(pattern: RegExp, line: string): number | null {
  const [, text] = pattern.exec(line) ?? []
  return text !== undefined && Number.isFinite(Number(text)) ? Number(text) : null
}

/** Evenly chosen points, the last among them. */
function thinned(curve: CurvePoint[]): Curve {
  if (curve.length <= MAX_POINTS) return curve
  const stride = (curve.length - 1) / (MAX_POINTS - 1)
  return Array.from({ length: MAX_POINTS }, (_, i) => curve[Math.round(i * stride)]).filter(
    (point) => point !== undefined,
  )
}
