/** A stretch of plain text, or a character that would be invisible or reorder its neighbours. */
export type Segment = { readonly text: string } | { readonly mark: string; readonly name: string }

const NAMES = new Map<number, string>([
  [0x00ad, "soft hyphen"],
  [0x034f, "combining grapheme joiner"],
  [0x061c, "Arabic letter mark"],
  [0x115f, "Hangul filler"],
  [0x1160, "Hangul filler"],
  [0x180e, "Mongolian vowel separator"],
  [0x200b, "zero-width space"],
  [0x200c, "zero-width non-joiner"],
  [0x200d, "zero-width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0x2028, "line separator"],
  [0x2029, "paragraph separator"],
  [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"],
  [0x202c, "pop directional formatting"],
  [0x202d, "left-to-right override"],
  [0x202e, "right-to-left override"],
  [0x2060, "word joiner"],
  [0x2066, "left-to-right isolate"],
  [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"],
  [0x2069, "pop directional isolate"],
  [0x3164, "Hangul filler"],
  [0xfeff, "zero-width no-break space"],
  [0xffa0, "Hangul filler"],
])
/** Characters that an honest text has no use for, or that show nothing. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0]/u
/** Most of all code and logs: nothing in it needs a closer look. */
const PLAIN = /^[\n\t -~]*$/
/** What a joiner may follow: emoji, and scripts that are written with it. */
const JOINABLE =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{scx=Arab}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Mong}]/u
/** More than this many marks on one letter is drawing, not writing. */
const MAX_COMBINING = 4

/**
 * Splits what a stranger wrote so that nothing in it is hidden: bidi controls, zero-width and control characters
 * become marks, piles of combining characters too. Line ends and tabs stay text.
 */
export function segments(text: string): Segment[] {
  if (PLAIN.test(text)) return text === "" ? [] : [{ text }]
  const parts: Segment[] = []
  let plain = ""
  let before = ""
  let combining = 0
  let dropped = 0
  const flush = (): void => {
    if (plain !== "") parts.push({ text: plain })
    plain = ""
  }
  const flushDropped = (): void => {
    if (dropped === 0) return
    flush()
    parts.push({ mark: `+${dropped}`, name: `${dropped} more combining characters` })
    dropped = 0
  }
  for (const character of text) {
    const isCombining = /\p{M}/u.test(character) && character !== "\ufe0f"
    combining = isCombining ? combining + 1 : 0
    if (combining > MAX_COMBINING) {
      dropped++
      continue
    }
    flushDropped()
    if (isHidden(character, before)) {
      flush()
      const code = character.codePointAt(0) ?? 0
      const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
      parts.push({ mark: hex, name: NAMES.get(code) ?? "invisible character" })
    } else {
      plain += character
    }
    before = character
  }
  flushDropped()
  flush()
  return parts
}

function isHidden(character: string, before: string): boolean {
  if (character === "\n" || character === "\t" || !HIDDEN.test(character)) return false
  const isJoiner = character === "\u200d" || character === "\u200c"
  return !(isJoiner && JOINABLE.test(before))
}

/** The same on one line, for places that hold text alone: a canvas, a title. */
export function visibleText(text: string): string {
  return segments(text.replaceAll(/\s+/g, " "))
    .map((part) => ("text" in part ? part.text : `[${part.mark}]`))
    .join("")
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })

/** At most `max` characters as a reader counts them, an ellipsis at the end of what was cut. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  // One character may be many code units, but a text of a megabyte is not taken apart for a line of it.
  const head = text.slice(0, max * 16)
  const characters = Array.from(graphemes.segment(head), ({ segment }) => segment)
  if (characters.length <= max && head.length === text.length) return text
  return `${characters.slice(0, max - 1).join("")}…`
}

/** The address of a link that a stranger wrote: http or https; null for anything else. */
export function webAddress(text: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const { protocol, username, password, href } = new URL(text)
  const isWeb = protocol === "https:" || protocol === "http:"
  // What stands before an @ is there to look like the host.
  return isWeb && username === "" && password === "" ? href : null
}
