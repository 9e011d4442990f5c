import type { Box } from "../labels.ts"
import type { Cloud, Pen, Surface } from "../surface.ts"

/** Records what is drawn as an SVG document. */
export interface SvgSurface extends Surface {
  /** The document so far. */
  finish(): string
}

/** Opacity of a cell by how many points lie in it. */
const OPACITY = [0.45, 0.6, 0.75, 0.9] as const
const RING = 1.1

/**
 * A surface that writes SVG.
 *
 * @param measure width of a text in a font, as a canvas measures it
 */
export function createSvgSurface(
  { width, height }: { width: number; height: number },
  measure: (text: string, font: string) => number,
): SvgSurface {
  const parts: string[] = []
  let clips = 0
  let path = ""
  let dash: readonly number[] = []

  const shape = (d: string, attributes: Attributes): void => {
    if (d !== "") parts.push(`<path ${written({ d, ...attributes })}/>`)
  }
  const strokeStyle = (): Attributes => ({
    fill: "none",
    stroke: colourOf(pen.strokeStyle),
    "stroke-width": pen.lineWidth,
    "stroke-linecap": pen.lineCap,
    "stroke-linejoin": pen.lineJoin,
    "stroke-dasharray": dash.length === 0 ? undefined : dash.join(" "),
    opacity: opacity(),
  })
  const opacity = (): number | undefined => (pen.globalAlpha === 1 ? undefined : pen.globalAlpha)
  const text = (content: string, x: number, y: number, attributes: Attributes): void => {
    const [, size = "12", family = "sans-serif"] = /^(?:.*?\s)?([\d.]+)px\s+(.*)$/.exec(pen.font) ?? []
    const all = {
      x,
      y,
      "font-size": Number(size),
      "font-family": family,
      "font-weight": /^\d+ /.exec(pen.font)?.[0].trim(),
      "text-anchor": pen.textAlign === "right" ? "end" : pen.textAlign === "center" ? "middle" : undefined,
      // Where the middle of small letters lies; not all that read SVG know `dominant-baseline`.
      dy: pen.textBaseline === "middle" ? "0.35em" : undefined,
      opacity: opacity(),
      ...attributes,
    }
    parts.push(`<text ${written(all)}>${escapeXml(content)}</text>`)
  }

  const pen: Pen = {
    fillStyle: "#000000",
    strokeStyle: "#000000",
    lineWidth: 1,
    lineCap: "butt",
    lineJoin: "miter",
    globalAlpha: 1,
    font: "12px sans-serif",
    textAlign: "left",
    textBaseline: "alphabetic",
    beginPath: () => {
      path = ""
    },
    moveTo: (x, y) => {
      path += `M${short(x)} ${short(y)}`
    },
    lineTo: (x, y) => {
      path += `${path === "" ? "M" : "L"}${short(x)} ${short(y)}`
    },
    closePath: () => {
      path += "Z"
    },
    arc: (x, y, radius, start, end) => {
      if (end - start >= 2 * Math.PI - 1e-9) path += ring(x, y, radius)
      else path += arcPath(x, y, radius, start, end, path === "")
    },
    stroke: () => shape(path, strokeStyle()),
    fill: () => shape(path, { fill: colourOf(pen.fillStyle), opacity: opacity() }),
    fillRect: (x, y, w, h) => {
      parts.push(`<rect ${written({ x, y, width: w, height: h, fill: colourOf(pen.fillStyle), opacity: opacity() })}/>`)
    },
    fillText: (content, x, y) => text(content, x, y, { fill: colourOf(pen.fillStyle) }),
    strokeText: (content, x, y) => text(content, x, y, strokeStyle()),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a text's measures, charts ask for the width
    measureText: (content) => ({ width: measure(content, pen.font) }) as TextMetrics,
    setLineDash: (segments: Iterable<number>) => {
      dash = [...segments]
    },
  }

  return {
    pen,
    clip: (box, draw) => {
      clips++
      parts.push(
        `<clipPath id="clip${clips}"><rect ${written(rectOf(box))}/></clipPath>`,
        `<g clip-path="url(#clip${clips})">`,
      )
      draw()
      parts.push("</g>")
    },
    shift: (x, y, draw) => {
      parts.push(`<g transform="translate(${short(x)} ${short(y)})">`)
      draw()
      parts.push("</g>")
    },
    clouds: (box, clouds) => {
      for (const cloud of clouds) {
        if (cloud.kind === "density") {
          for (const [level, d] of cellPaths(box, cloud).entries()) {
            shape(d, { stroke: cloud.colour, "stroke-width": 1.5, fill: "none", opacity: OPACITY[level] })
          }
        } else if (cloud.kind === "discs") {
          // A line of no length with round ends is a disc, in the fewest letters.
          const d = placesOf(box, cloud)
            .map(([x, y]) => `M${x} ${y}h0`)
            .join("")
          shape(d, { stroke: cloud.colour, "stroke-width": 2 * cloud.radius, "stroke-linecap": "round", fill: "none" })
        } else {
          const d = placesOf(box, cloud)
            .map(([x, y]) => ring(x, y, cloud.radius))
            .join("")
          shape(d, { stroke: cloud.colour, "stroke-width": RING, fill: "none" })
        }
      }
    },
    finish: () =>
      `<svg xmlns="http://www.w3.org/2000/svg" ${written({ width, height, viewBox: `0 0 ${width} ${height}` })}>\n${parts.join("\n")}\n</svg>\n`,
  }
}

/** As text and attribute values have it, without what XML cannot hold. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
}

type Attributes = Readonly<Record<string, string | number | undefined>>

function written(attributes: Attributes): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) =>
      value === undefined ? [] : `${name}="${typeof value === "number" ? short(value) : escapeXml(value)}"`,
    )
    .join(" ")
}

/** Charts have plain colours; a pattern would have no name here. */
function colourOf(style: Pen["fillStyle"]): string {
  return typeof style === "string" ? style : "none"
}

/** A length to a hundredth of a pixel. */
function short(length: number): string {
  return String(Math.round(length * 100) / 100)
}

function rectOf({ left, top, right, bottom }: Box): Attributes {
  return { x: left, y: top, width: right - left, height: bottom - top }
}

function ring(x: number, y: number, radius: number): string {
  const r = short(radius)
  const d = short(2 * radius)
  return `M${short(x - radius)} ${short(y)}a${r} ${r} 0 1 0 ${d} 0a${r} ${r} 0 1 0 -${d} 0`
}

function arcPath(x: number, y: number, radius: number, start: number, end: number, isFirst: boolean): string {
  const at = (angle: number): string => `${short(x + radius * Math.cos(angle))} ${short(y + radius * Math.sin(angle))}`
  const isLarge = end - start > Math.PI ? 1 : 0
  return `${isFirst ? "M" : "L"}${at(start)}A${short(radius)} ${short(radius)} 0 ${isLarge} 1 ${at(end)}`
}

/** Places within a box, to half a pixel, each once. */
function placesOf({ left, top, right, bottom }: Box, { x, y, indices }: Cloud): [number, number][] {
  const seen = new Set<number>()
  const places: [number, number][] = []
  for (const index of indices) {
    const [atX, atY] = [Math.round((x[index] ?? 0) * 2) / 2, Math.round((y[index] ?? 0) * 2) / 2]
    if (atX < left || atX > right || atY < top || atY > bottom || seen.has(atX * 20_000 + atY)) continue
    seen.add(atX * 20_000 + atY)
    places.push([atX, atY])
  }
  return places
}

/** Cells of a pixel and a half that have points in them, as one path for each opacity. */
function cellPaths({ left, top, right, bottom }: Box, { x, y, indices }: Cloud): string[] {
  const columns = Math.ceil((right - left) / 1.5)
  const counts = new Map<number, number>()
  for (const index of indices) {
    const column = Math.floor(((x[index] ?? 0) - left) / 1.5)
    const row = Math.floor(((y[index] ?? 0) - top) / 1.5)
    if (column < 0 || column >= columns || row < 0 || (y[index] ?? 0) > bottom) continue
    counts.set(row * columns + column, (counts.get(row * columns + column) ?? 0) + 1)
  }
  const paths: string[] = OPACITY.map(() => "")
  for (const [cell, count] of counts) {
    const level = Math.min(OPACITY.length, count) - 1
    paths[level] +=
      `M${short(left + (cell % columns) * 1.5)} ${short(top + Math.floor(cell / columns) * 1.5 + 0.75)}h1.5`
  }
  return paths
}
