import { describe, expect, test } from "vitest"
import { plain, plainLines, safeJson } from "../src/output/plain.ts"

describe("plain", () => {
  test.each([
    ["colours and cursor movement", "a\u001b[31mred\u001b[0m\u001b[2J\u001b[1;1Hb", "aredb"],
    ["titles and links of the terminal", "a\u001b]0;title\u0007b\u001b]8;;http://x\u001b\\c", "abc"],
    ["one-byte control sequences", "a\u009b31mb", "ab"],
    ["an escape character left alone", "a\u001bb\u0000\u0008\u007f\u0090c", "abc"],
    ["breaks and tabs", "a\r\nb\tc\u2028d\u0085e", "a b c d e"],
    ["bidirectional overrides and isolates", "\u202eabc\u202c \u2066d\u2069 \u200fe\u061c", "abc d e"],
    ["zero-width and filler characters", "a\u200b\u200db\ufeff\u00adc\u3164d\u2060", "abcd"],
    ["tags that hide text in text", "a\u{e0041}\u{e0042}b", "ab"],
    ["half of a surrogate pair", "a\ud800b", "a\ufffdb"],
  ])("drops %s", (_, dirty, clean) => {
    expect(plain(dirty)).toBe(clean)
  })

  test("keeps what people write", () => {
    const text = "Größe 12 → 16, 学習率 ×2, نسبة, 🙂 naïve"
    expect(plain(text)).toBe(text)
  })

  test("nothing it gives holds a control character", () => {
    const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("")
    expect(plain(all)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
  })

  test("splits lines before it cleans them", () => {
    expect(plainLines("a\u001b[1m\r\nb\n\u202ec")).toEqual(["a", "b", "c"])
  })
})

describe("safeJson", () => {
  test("shows nothing a terminal would act on and loses nothing", () => {
    const value = { title: "a\u001b[31m\u009b\u202e\u{e0041}b\nc\u2028d\u2029\ud800", n: 1.5, list: [null, true] }
    const text = safeJson(value)
    expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\p{Bidi_Control}\u{e0000}-\u{e0fff}]/u)
    expect(JSON.parse(text)).toEqual(value)
  })
})
