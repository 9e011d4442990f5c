import { stripVTControlCharacters } from "node:util"

const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g
/**
 * What a reader of the text does not see, or sees elsewhere: controls, bidirectional marks, zero-width characters,
 * fillers, tags, variation selectors of the supplement, private use.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0\u{e0000}-\u{e0fff}]/gu

/** Foreign text with nothing hidden in it: such characters are named, `⟨U+202E⟩`. Line ends become `\n`, tabs stay. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(LINE_ENDS, "\n")
    .replaceAll(HIDDEN, (character) => (character === "\n" || character === "\t" ? character : nameOf(character)))
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text)
    .replaceAll(/[\n\t ]+/g, " ")
    .trim()
}

/** A program's output as a terminal leaves it: without escape sequences, of overwritten lines only the last. */
export function visibleLog(text: string): string {
  return visible(stripVTControlCharacters(text).split("\n").map(lastWritten).join("\n"))
}

function lastWritten(line: string): string {
  let end = line.length
  while (line[end - 1] === "\r") end--
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end)
}

function nameOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  return `⟨U+${hex}⟩`
}
