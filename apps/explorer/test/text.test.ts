/// <reference types="vite/client" />
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { describe, expect, it } from "vitest"
import { VisibleText } from "../src/components/visible-text.tsx"
import { clip, segments, visibleText, webAddress } from "../src/lib/text.ts"

const marks = (text: string): string[] => segments(text).flatMap((part) => ("mark" in part ? part.mark : []))

describe("visible text", () => {
  it("leaves ordinary text of any script alone", () => {
    for (const text of [
      "learning rate 0.02 → 0.03",
      "два\nстроки\tи таб",
      "שלום עולם",
      "क्‍ष देवनागरी",
      "می‌خواهم",
      "👩‍🔬 family 👨‍👩‍👧‍👦 ❤️",
      "e\u0301 café",
    ]) {
      expect(segments(text)).toEqual([{ text }])
    }
  })

  it("shows what would reorder, hide or pretend", () => {
    expect(marks("a\u202Eb\u202C")).toEqual(["U+202E", "U+202C"])
    expect(marks("\u2066x\u2069")).toEqual(["U+2066", "U+2069"])
    expect(marks("zero\u200Bwidth\u200D\uFEFF\u00AD\u2060")).toEqual(["U+200B", "U+200D", "U+FEFF", "U+00AD", "U+2060"])
    expect(marks("\u0000\u001B[31m\u007F\u0085")).toEqual(["U+0000", "U+001B", "U+007F", "U+0085"])
    expect(marks("\u{E0041}tag")).toEqual(["U+E0041"])
    expect(marks("lone \uD800")).toEqual(["U+D800"])
    expect(marks("\u3164\u115F")).toEqual(["U+3164", "U+115F"])
  })

  it("cuts piles of combining characters", () => {
    const pile = `z${"\u0335".repeat(40)}algo`
    expect(segments(pile)).toEqual([
      { text: `z${"\u0335".repeat(4)}` },
      { mark: "+36", name: "36 more combining characters" },
      { text: "algo" },
    ])
  })

  it("renders text nodes and named marks, never markup", () => {
    const html = renderToStaticMarkup(createElement(VisibleText, { text: "<b onclick=x>\u202E&amp;" }))
    expect(html).toContain("&lt;b onclick=x&gt;")
    expect(html).toContain("&amp;amp;")
    expect(html).toContain('title="right-to-left override">U+202E</span>')
    expect(html).toMatch(/^<bdi>.*<\/bdi>$/)
  })

  it("has a form for places that hold text alone", () => {
    expect(visibleText("a\n\nb\u202Ec")).toBe("a b[U+202E]c")
  })

  it("clips by characters as a reader counts them", () => {
    expect(clip("short", 10)).toBe("short")
    expect(clip("0123456789", 5)).toBe("0123…")
    expect(clip("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2)).toBe("👨‍👩‍👧‍👦👨‍👩‍👧‍👦")
    expect(clip("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2)).toBe("👨‍👩‍👧‍👦…")
    expect(clip("x".repeat(1_000_000), 8)).toBe("xxxxxxx…")
  })
})

describe("webAddress", () => {
  it("lets through what leads to a website, and nothing else", () => {
    expect(webAddress("https://example.org/a?b=1")).toBe("https://example.org/a?b=1")
    expect(webAddress("HTTP://Example.org")).toBe("http://example.org/")
    for (const text of [
      "",
      "example.org",
      "//example.org",
      "javascript:alert(1)",
      " javascript:alert(1)",
      "java\nscript:alert(1)",
      "data:text/html,x",
      "https://",
      "https://bank.example@evil.example/",
      "\u0001https://example.org",
    ]) {
      expect([text, webAddress(text)]).toEqual([text, null])
    }
  })

  it("names the host that the browser would go to", () => {
    expect(webAddress("https://аррӏе.example/")).toMatch(/^https:\/\/xn--/)
  })
})
