import stringWidth from "fast-string-width"

/** Columns that a line takes on a terminal; escape sequences take none, wide characters two. */
export function textWidth(text: string): number {
  return stringWidth(text)
}

/** `text` in at most `width` columns, with an ellipsis where something is cut. Without escape sequences. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width <= 0) return ""
  let kept = ""
  let columns = 1
  for (const { segment } of segmenter().segment(text)) {
    columns += textWidth(segment)
    if (columns > width) break
    kept += segment
  }
  return `${kept}…`
}

let cachedSegmenter: Intl.Segmenter | undefined

/** Made when first needed: that takes tens of milliseconds. */
function segmenter(): Intl.Segmenter {
  cachedSegmenter ??= new Intl.Segmenter()
  return cachedSegmenter
}

/** `text` cut or filled to exactly `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = fit(text, width)
  const filler = " ".repeat(Math.max(0, width - textWidth(cut)))
  return align === "left" ? cut + filler : filler + cut
}

/** Lines of whole words, at most `width` columns each; words that are wider go on in the next line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(" ").flatMap((each) => broken(each, width))) {
    const line = lines.at(-1)
    const longer = `${line} ${word}`
    if (line === undefined || textWidth(longer) > width) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines
}

/** A word in parts of at most `width` columns: where a terminal breaks it, foreign text could pass for a new line. */
function broken(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word]
  const parts: string[] = []
  let part = ""
  let columns = 0
  for (const { segment } of segmenter().segment(word)) {
    const more = textWidth(segment)
    if (part !== "" && columns + more > width) {
      parts.push(part)
      part = ""
      columns = 0
    }
    part += segment
    columns += more
  }
  return [...parts, part]
}
