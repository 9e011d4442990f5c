import { stripVTControlCharacters } from "node:util"

/** Line and paragraph breaks, tabs. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g
/** C0 and C1 controls. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g
/**
 * Characters that are not seen but change what is: zero-width and filler characters, tags, bidirectional marks and
 * overrides, interlinear annotations.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu

/**
 * Foreign text as one line that cannot move the cursor, colour, hide or reorder anything: escape sequences, controls,
 * bidirectional and zero-width characters are dropped, breaks become spaces.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replaceAll(BREAKS, " ")
    .replaceAll(CONTROLS, "")
    .replaceAll(INVISIBLE, "")
}

/** Foreign text of several lines, each of them plain. */
export function plainLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).map(plain)
}

/** JSON in one line that is safe to show: what `plain` would drop or replace is escaped, so nothing is lost. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(BREAKS, escaped).replaceAll(CONTROLS, escaped).replaceAll(INVISIBLE, escaped)
}

function escaped(character: string): string {
  let text = ""
  for (let i = 0; i < character.length; i++) {
    text += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`
  }
  return text
}
