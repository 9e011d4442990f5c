import { quantile } from "@spore/figures"
import { writeFile } from "node:fs/promises"
// @boundaries-ignore the helpers of the explorer's own tests, which no package publishes
import { findChromium, launchBrowser } from "../../../../apps/explorer/test/support/browser.ts"

/** The best value after each experiment, of each seed of a method. */
export interface Curves {
  readonly method: string
  readonly curves: readonly (readonly number[])[]
}

interface Chart {
  readonly title: string
  readonly metric: string
  /** With it, the chart shows how far each is from it, by ratio. */
  readonly best: number | null
  readonly methods: readonly Curves[]
}

const WIDTH = 900
const HEIGHT = 540
const PLOT = { left: 90, right: 880, top: 60, bottom: 480 }
const COLOURS = ["#0b6e4f", "#c8553d", "#4a6fa5"]
const TICKS = 6

/** Best-so-far curves: for each method the median of its seeds as a line, and all between least and greatest shaded. */
export function curvesSvg({ title, metric, best, methods }: Chart): string {
  const heightOf = (value: number): number =>
    best === null ? value : Math.log10(Math.max(1e-9, Math.abs(best - value)))
  const count = Math.max(...methods.flatMap(({ curves }) => curves.map((curve) => curve.length)))
  // The first steps from a poor baseline would leave no height for what comes of the search.
  const first = best === null ? Math.ceil(count / 5) : 0
  const heights = methods.flatMap(({ curves }) => curves.flatMap((curve) => curve.slice(first).map(heightOf)))
  const [low, high] = [Math.min(...heights), Math.max(...heights)]
  const x = (i: number): number => PLOT.left + ((PLOT.right - PLOT.left) * i) / Math.max(1, count - 1)
  const y = (height: number): number =>
    PLOT.bottom - ((PLOT.bottom - PLOT.top) * (height - low)) / Math.max(1e-12, high - low)
  const drawn = methods.map(({ method, curves }, m) => {
    const at = (q: number): string[] =>
      Array.from({ length: count }, (_, i) => {
        const height = quantile(
          curves.map((curve) => heightOf(curve[i] ?? Number.NaN)),
          q,
        )
        return `${x(i).toFixed(1)},${y(height).toFixed(1)}`
      })
    const colour = COLOURS[m % COLOURS.length] ?? ""
    const label = { x: PLOT.right - 190, y: PLOT.top + 20 + 24 * m }
    return [
      `<polygon points="${[...at(0), ...at(1).toReversed()].join(" ")}" fill="${colour}" fill-opacity="0.13"/>`,
      `<polyline points="${at(0.5).join(" ")}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
      `<rect x="${label.x - 22}" y="${label.y - 10}" width="16" height="4" fill="${colour}"/>`,
      `<text x="${label.x}" y="${label.y}">${method}</text>`,
    ].join("\n")
  })
  const ticks = Array.from({ length: TICKS }, (_, i) => low + ((high - low) * i) / (TICKS - 1)).map((height) => {
    const label = best === null ? height.toFixed(3) : (10 ** height).toExponential(1)
    return [
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(height)}" y2="${y(height)}" stroke="#ddd"/>`,
      `<text x="${PLOT.left - 8}" y="${y(height) + 5}" text-anchor="end">${label}</text>`,
    ].join("\n")
  })
  const every = Math.max(1, Math.ceil(count / 10))
  const steps = Array.from({ length: count }, (_, i) => i).filter((i) => i % every === 0)
  const shown = best === null ? `best ${metric} so far` : `how far the best ${metric} so far is from ${best}`
  const cut = first === 0 ? "" : `; as high as the worst after ${first} experiments`
  const seeds = methods[0]?.curves.length ?? 0
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="14">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${PLOT.left}" y="30" font-size="18">${title}: ${shown}</text>`,
    `<text x="${PLOT.left}" y="50" fill="#555">median of ${seeds} seeds, and all between the least and the greatest${cut}</text>`,
    ...ticks,
    ...steps.map((i) => `<text x="${x(i)}" y="${PLOT.bottom + 22}" text-anchor="middle">${i}</text>`),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 46}" text-anchor="middle">experiments after the baseline</text>`,
    `<clipPath id="plot"><rect x="0" y="${PLOT.top}" width="100%" height="${PLOT.bottom - PLOT.top}"/></clipPath>`,
    `<g clip-path="url(#plot)">`,
    ...drawn,
    `</g>`,
    `</svg>`,
  ].join("\n")
}

/** Draws an SVG by a browser; without one, with a note, the SVG itself is written. */
export async function writePicture(svg: string, path: string): Promise<void> {
  const chromium = findChromium()
  if (chromium === undefined) {
    process.stderr.write("research: no Chromium is installed: the pictures are SVG\n")
    await writeFile(`${path}.svg`, svg)
    return
  }
  const browser = await launchBrowser(chromium)
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, deviceScaleFactor: 2 })
    await page.setContent(`<body style="margin: 0">${svg}</body>`)
    await page.screenshot({ path: `${path}.png` })
  } finally {
    await browser.close()
  }
}
