import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { drawChart } from "../../src/chart/draw.ts"
import { factsOf } from "../../src/chart/layers.ts"
import { layoutChart } from "../../src/chart/layout.ts"
import { mergeGraph } from "../../src/chart/model.ts"
import type { Palette } from "../../src/chart/palette.ts"
import { composePicture, legendOf } from "../../src/chart/picture/picture.ts"
import { createSvgSurface, escapeXml } from "../../src/chart/picture/svg-surface.ts"
import { syntheticGraph } from "../support/synthetic-graph.ts"
import { graphOf, metric, type Row } from "./graph.ts"

const palette: Palette = {
  text: "#111111",
  muted: "#666666",
  grid: "#eeeeee",
  surface: "#ffffff",
  kept: "#0072b2",
  discarded: "#a6a39b",
  crashed: "#d55e00",
  lineage: "#e69f00",
  best: "#009e73",
  disputed: "#b8578f",
  edge: "#dddddd",
  font: `system-ui, "Segoe UI"`,
}
const measure = (text: string): number => text.length * 7

function pictureOf(count: number, title: string, improvement = title): string {
  const rows: Row[] = Array.from({ length: 4 }, (_, i) => ({ value: 3 - i * 0.2, parent: i * 10 }))
  const graph =
    count === 0
      ? graphOf(rows, {
          steps: rows.map(({ value }, i) => ({
            seq: 10 + i * 10,
            number: i + 1,
            value: value ?? 0,
            created: 0,
            title: improvement,
          })),
        })
      : syntheticGraph(count)
  const model = mergeGraph(undefined, graph)
  const facts = factsOf(model, "minimize")
  const layout = layoutChart(model, facts, { width: 900, height: 400, metric, xAxis: "number", yAxis: "value" })
  const { width, height, paint } = composePicture(
    {
      width: 900,
      height: 400,
      palette,
      title,
      subtitle: title,
      legend: legendOf(["kept", "frontier", "best"], facts.counts),
      draw: (surface) => drawChart(surface, layout, palette),
    },
    measure,
  )
  const surface = createSvgSurface({ width, height }, measure)
  paint(surface)
  return surface.finish()
}

/** Elements and attributes of a document; throws where it is not well formed. Knows what the recorder writes, no more. */
function elementsOf(svg: string): { name: string; attributes: string[] }[] {
  const elements: { name: string; attributes: string[] }[] = []
  const open: string[] = []
  const token = /<(\/?)([a-zA-Z]+)((?:\s[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
  while (token.lastIndex < svg.length) {
    const found = token.exec(svg)
    if (found === null) throw new Error("not well formed")
    const [, closing, name = "", attributes = "", selfClosing, text] = found
    if (text !== undefined) {
      if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`a bare &: ${text}`)
    } else if (closing === "/") {
      if (open.pop() !== name) throw new Error(`${name} was not open`)
    } else {
      elements.push({ name, attributes: Array.from(attributes.matchAll(/\s([a-zA-Z:-]+)=/g), ([, one]) => one ?? "") })
      if (selfClosing !== "/") open.push(name)
    }
  }
  if (open.length > 0) throw new Error(`${open.join()} is open`)
  return elements
}

/** What would mean something in XML, or may not be in it. */
const NASTY = [
  "</text>",
  "<script>alert(1)</script>",
  "]]>",
  "<!--",
  "&#60;",
  "&",
  '"',
  "'",
  " onload=",
  "\u0000",
  "\ud800",
  "\uffff",
  "\u202e",
  "<![CDATA[",
  "<?xml",
  "<!DOCTYPE x [<!ENTITY e 'x'>]>",
  "&e;",
]
const KNOWN = new Set(["svg", "g", "path", "rect", "text", "clipPath"])

describe("pictures as SVG", () => {
  it("hold what the plot shows, with title and legend", () => {
    const svg = pictureOf(0, "char-lm: loss", "hidden 64 → 96")
    const elements = elementsOf(svg)
    expect(elements.filter(({ name }) => name === "text").length).toBeGreaterThan(8)
    expect(svg).toContain(">char-lm: loss</text>")
    expect(svg).toContain(">hidden 64 → 96</text>")
    expect(svg).toContain(">kept 4</text>")
    expect(svg).toContain(palette.best)
  })

  it("let no title out of its element, whatever is in it", () => {
    const nasty = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(fc.constantFrom(...NASTY), { maxLength: 8 }).map((parts) => parts.join("")),
    )
    fc.assert(
      fc.property(nasty, (title) => {
        const svg = pictureOf(0, `a ${title}`)
        const elements = elementsOf(svg)
        expect(elements.filter(({ name }) => !KNOWN.has(name))).toEqual([])
        const attributes = elements.flatMap((element) => element.attributes)
        expect(attributes.filter((one) => /^on|href|style|src/i.test(one))).toEqual([])
        // oxlint-disable-next-line no-control-regex -- what XML forbids
        expect(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(svg)).toBe(false)
        expect(svg.isWellFormed()).toBe(true)
      }),
      { numRuns: 30 },
    )
    expect(escapeXml(`<a b="c">&'`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;&#39;")
  })

  it("stay small where points are many: as cells, not one by one", () => {
    const svg = pictureOf(20_000, "many")
    expect(elementsOf(svg).length).toBeLessThan(1200)
    expect(svg.length).toBeLessThan(600_000)
  })
})
