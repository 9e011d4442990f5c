import { randomBytes } from "node:crypto"

/** A piece of foreign text, and our own words for what it is. */
export interface Part {
  readonly label: string
  readonly text: string
}

export interface Fenced {
  /** Stands in the first and last line of each part, and nowhere else. */
  readonly boundary: string
  readonly text: string
}

/**
 * Puts each part between two lines that nobody who wrote one of them could know: no text ends its part early, or
 * begins another.
 *
 * @param draw makes a boundary; drawn again while a part contains it
 */
export function fence(parts: readonly Part[], draw: () => string = drawBoundary): Fenced {
  let boundary = draw()
  while (parts.some(({ text }) => text.includes(boundary))) boundary = draw()
  return { boundary, text: parts.map((part) => fenced(part, boundary)).join("\n\n") }
}

/** Bytes that the fence of a part takes, and the space to the next. */
export function fenceBytes(label: string): number {
  return Buffer.byteLength(fenced({ label, text: "" }, drawBoundary())) + 2
}

function fenced({ label, text }: Part, boundary: string): string {
  return `<<<BEGIN ${boundary} ${label}\n${text}\n>>>END ${boundary}`
}

function drawBoundary(): string {
  return randomBytes(12).toString("hex")
}
