import * as fc from "fast-check"

const NASTY = "\u0000\u001b\r\n\t\u0085\u00ad\u200b\u200d\u2028\u202e\u2066\ufeff\ufe0f\ud800\udfff<>`"
const character = fc.oneof(
  fc.constantFrom(...NASTY.split("")),
  fc.nat(0x10ffff).map((code) => String.fromCodePoint(code)),
  fc.constantFrom("\n", " ", "a", "é", "🙂", "\u{e0049}"),
)

/** Text of characters that hide, reorder, end lines or are none. */
export function hostileText(maxLength = 60): fc.Arbitrary<string> {
  return fc.array(character, { maxLength }).map((characters) => characters.join(""))
}
