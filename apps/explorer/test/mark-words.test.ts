import { array, assert, constantFrom, property } from "fast-check"
import { describe, expect, it } from "vitest"
import { markWords } from "../src/lib/mark-words.ts"

const found = (text: string, query: string): string[] =>
  markWords(text, query).flatMap((part) => (part.isFound ? [part.text] : []))

/** Letters that fold to others, to several or to none, and what parts words. */
const hard = array(
  constantFrom("a", "B", "é", "e\u0301", "Σ", "ς", "ﬁ", "𝔸", "ß", "İ", " ", "-", "\u200b", "\ud83d"),
).map((characters) => characters.join(""))

describe("words of a search", () => {
  it("are marked whole, the last one as a beginning", () => {
    expect(found("Weight decay for all weights", "weight dec")).toEqual(["Weight", "dec"])
    expect(found("decay decayed", "decay")).toEqual(["decay", "decay"])
    expect(found("undecayed", "decay")).toEqual([])
  })

  it("are found past case and diacritics", () => {
    expect(found("Café crème", "CAFE creme")).toEqual(["Café", "crème"])
    expect(found("ΟΔΟΣ μάθησης", "οδος μαθ")).toEqual(["ΟΔΟΣ", "μάθ"])
  })

  it("leave the text as it is", () => {
    assert(
      property(hard, hard, (text, query) => {
        const parts = markWords(text, query)
        expect(parts.map((part) => part.text).join("")).toBe(text)
      }),
    )
  })
})
