import { describe, expect, it } from "vitest"
import { parsePatch } from "../src/lib/patch.ts"

const text = (spans: readonly { text: string }[]): string => spans.map((span) => span.text).join("")

describe("patch", () => {
  it("numbers lines and marks the words that changed", () => {
    const lines = parsePatch("@@ -2,3 +2,4 @@\n a\n-const RATE = 0.02\n+const RATE = 0.03\n+extra\n b\n")
    expect(lines.map((line) => line.kind)).toEqual(["hunk", "context", "removed", "added", "added", "context"])
    expect(lines.at(-1)).toMatchObject({ before: 4, after: 5 })

    const [, removed, added] = parsePatch("@@ -1 +1 @@\n-const RATE = 0.02\n+const RATE = 0.03\n")
    if (removed === undefined || removed.kind === "hunk" || added === undefined || added.kind === "hunk") {
      throw new Error("expected two lines")
    }
    expect(removed).toMatchObject({ before: 1, after: null })
    expect(added).toMatchObject({ before: null, after: 1 })
    expect(text(removed.spans)).toBe("const RATE = 0.02")
    expect(text(removed.spans.filter((span) => span.changed))).toContain("02")
    expect(text(added.spans.filter((span) => span.changed))).toContain("03")
    expect(text(added.spans.filter((span) => !span.changed))).toContain("const RATE")
  })

  it("keeps lines that look like headers, and ignores what is no line", () => {
    const lines = parsePatch("@@ -1,2 +1,1 @@\n--- a\n \n\\ No newline at end of file\n")
    expect(lines).toEqual([
      { kind: "hunk", text: "@@ -1,2 +1,1 @@" },
      { kind: "removed", before: 1, after: null, spans: [{ text: "-- a", changed: false }] },
      { kind: "context", before: 2, after: 1, spans: [{ text: "", changed: false }] },
    ])
  })
})
