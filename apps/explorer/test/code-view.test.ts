import { describe, expect, it, vi } from "vitest"
import { highlightCode } from "../src/components/code-view/highlight-code.ts"
import { createHighlighter, MAX_MS } from "../src/components/code-view/highlighter.ts"
import { LANGUAGES, languageOf } from "../src/components/code-view/languages.ts"
import { piecesOf, TOKEN_KINDS } from "../src/components/code-view/tokens.ts"
import { pairLines, parsePatch } from "../src/lib/patch.ts"
import { settingChanges } from "../src/pages/experiment/setting-changes.ts"

const kinds = (line: readonly number[]): string[] =>
  line.flatMap((kind, i) => (i % 2 === 1 ? [TOKEN_KINDS[kind] ?? ""] : []))

describe("highlighting", () => {
  it("tells comments, words, numbers and strings apart", async () => {
    const code = 'def f(x: int) -> str:  # why\n    return "a" + str(3.5)\n'
    const [first = [], second = []] = await highlightCode(code, "python")
    expect(kinds(first)).toEqual(expect.arrayContaining(["keyword", "function", "type", "comment"]))
    expect(kinds(second)).toEqual(expect.arrayContaining(["keyword", "string", "constant"]))
    const lengths = first.filter((_, i) => i % 2 === 0)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(code.indexOf("\n"))
  })

  it("has every language it promises", async () => {
    for (const language of LANGUAGES) {
      const lines = await highlightCode("# x\nx = 1\n", language)
      expect([language, lines.length]).toEqual([language, 3])
    }
  })

  it("knows a language by the file's name, and of a nameless file by the task", () => {
    expect(languageOf("src/kernel.CU", undefined)).toBe("cpp")
    expect(languageOf("train.py", "javascript")).toBe("python")
    expect(languageOf("", "python_train_script")).toBe("python")
    expect(languageOf("", "command")).toBeNull()
    expect(languageOf("constructor", "python")).toBeNull()
    expect(languageOf("a.__proto__", "python")).toBeNull()
  })

  it("cuts what changed where tokens begin, and loses no character", () => {
    const spans = [
      { text: "const A = ", changed: false },
      { text: "12", changed: true },
      { text: " // x", changed: false },
    ]
    const pieces = piecesOf(spans, [5, 4, 0, 1, 5, 0, 1, 3])
    expect(pieces).toEqual([
      { text: "const", changed: false, kind: 4 },
      { text: " A = ", changed: false, kind: 0 },
      { text: "1", changed: true, kind: 3 },
      { text: "2", changed: true, kind: 0 },
      { text: " // x", changed: false, kind: 0 },
    ])
    expect(piecesOf(spans, undefined).map(({ text }) => text)).toEqual(spans.map(({ text }) => text))
  })

  it("ends a thread that takes too long, and goes on with another", async () => {
    vi.useFakeTimers()
    try {
      const ended: number[] = []
      let started = 0
      const highlighter = createHighlighter(() => {
        const number = ++started
        const target = new EventTarget()
        // What the highlighter uses of a worker; the first one never answers.
        return Object.assign(target, {
          postMessage: () => {
            if (number > 1) target.dispatchEvent(new MessageEvent("message", { data: [[1, 2]] }))
          },
          terminate: () => ended.push(number),
          onmessage: null,
          onmessageerror: null,
          onerror: null,
        })
      })
      const stuck = highlighter.highlight({ code: "evil", language: "python" })
      const next = highlighter.highlight({ code: "good", language: "python" })
      await vi.advanceTimersByTimeAsync(MAX_MS + 1)
      expect([await stuck, await next, ended, started]).toEqual([null, [[1, 2]], [1], 2])
      expect(highlighter.known({ code: "evil", language: "python" })).toBeNull()
      expect(await highlighter.highlight({ code: "x".repeat(1 << 18), language: "python" })).toBeNull()
      expect(started).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe("side by side", () => {
  it("puts what replaces beside what it replaces", () => {
    const rows = pairLines(parsePatch("@@ -1,4 +1,4 @@\n a\n-b\n-c\n+B\n d\n+e\n"))
    const sides = rows.map((row) =>
      row.kind === "hunk" ? row.text : [row.before?.before ?? null, row.after?.after ?? null],
    )
    expect(sides).toEqual(["@@ -1,4 +1,4 @@", [1, 1], [2, 2], [3, null], [4, 3], [null, 4]])
  })
})

describe("settings", () => {
  const changesOf = (patch: string): string[] =>
    settingChanges([{ path: "", change: "modified", additions: 1, deletions: 1, patch, omitted: null }]).map(
      ({ name, before, after }) => `${name} ${before} ${after}`,
    )

  it("reads names that have another value", () => {
    expect(changesOf("@@ -1 +1 @@\n-const RATE = 0.02 // tunable\n+const RATE = 0.03 // tunable\n")).toEqual([
      "RATE 0.02 0.03",
    ])
    expect(
      changesOf(
        '@@ -1,3 +1,3 @@\n-depth: int = 4\n-  "lr": 1e-3,\n-#define TILE 16\n+depth: int = 6\n+  "lr": 3e-4,\n+#define TILE 32\n',
      ),
    ).toEqual(["depth 4 6", "lr 1e-3 3e-4", "TILE 16 32"])
  })

  it("takes no code for a setting", () => {
    expect(changesOf("@@ -1 +1 @@\n-x = f(1)\n+x = f(2)\n")).toEqual([])
    expect(changesOf("@@ -1 +1,2 @@\n-return 1\n+new = 1\n+return 2\n")).toEqual([])
  })
})
