import { assert, property, string } from "fast-check"
import { describe, expect, it } from "vitest"
import { download, fileName, safeText, type Table, tsvLine } from "../src/lib/download.ts"

const DAY = new Date("2026-11-28T10:00:00Z")
const { signal } = new AbortController()

/** A list of numbers in pages of 3. */
function numbers(count: number): Table<{ n: number; title: string }> {
  return {
    name: ["char-lm", "x64/26.10.0"],
    columns: [
      { name: "n", value: ({ n }) => n },
      { name: "title", value: ({ title }) => title },
    ],
    page: async (cursor) => {
      const from = Number(cursor ?? 0)
      const items = Array.from({ length: Math.min(3, count - from) }, (_, i) => ({
        n: from + i,
        title: `t${from + i}`,
      }))
      return { items, next_cursor: from + 3 < count ? String(from + 3) : null }
    },
  }
}

describe("download", () => {
  it("reads all pages, in their order, and says how far it is", async () => {
    const seen: number[] = []
    const tsv = await download(numbers(7), "tsv", { signal, now: DAY, onRows: (rows) => seen.push(rows) })
    expect(await tsv.file.text()).toBe("n\ttitle\n0\tt0\n1\tt1\n2\tt2\n3\tt3\n4\tt4\n5\tt5\n6\tt6\n")
    expect(tsv).toMatchObject({ name: "char-lm_x64-26.10.0_2026-11-28.tsv", rows: 7, isCut: false })
    expect(seen).toEqual([3, 6, 7])
    const json = await download(numbers(4), "json", { signal, now: DAY })
    expect(JSON.parse(await json.file.text())).toEqual([0, 1, 2, 3].map((n) => ({ n, title: `t${n}` })))
    expect(json.name).toBe("char-lm_x64-26.10.0_2026-11-28.json")
    expect(JSON.parse(await (await download(numbers(0), "json", { signal })).file.text())).toEqual([])
  })

  it("stops at the most rows, within a page and between two, and says that there is more", async () => {
    const lines = async (count: number, limit: number): Promise<[number, boolean]> => {
      const { file, isCut } = await download(numbers(count), "tsv", { signal, limit })
      return [(await file.text()).split("\n").length - 2, isCut]
    }
    expect(await lines(9, 5)).toEqual([5, true])
    expect(await lines(9, 6)).toEqual([6, true])
    expect(await lines(6, 6)).toEqual([6, false])
  })

  it("ends when it is cancelled, and with the error of a page", async () => {
    const stop = new AbortController()
    const onRows = (): void => stop.abort()
    await expect(download(numbers(9), "json", { signal: stop.signal, onRows })).rejects.toThrow("abort")
    const page = (): Promise<never> => Promise.reject(new Error("gone"))
    await expect(download({ ...numbers(9), page }, "json", { signal })).rejects.toThrow("gone")
  })

  it("makes no formula of what strangers wrote, and leaves numbers alone", () => {
    expect(['=HYPERLINK("//evil")', "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uFF1D1", '"quoted'].map(safeText)).toEqual(
      [`'=HYPERLINK("//evil")`, "'+1", "'-1", "'@SUM(A1)", "' =1", "' =1", "'\uFF1D1", `'"quoted`],
    )
    expect(safeText("a\tb\r\nc \u202E\u0000\u001B[2J")).toBe("a b c [U+202E][U+0000][U+001B][2J")
    expect(tsvLine([-1.5, null, true, "-1.5", undefined])).toBe("-1.5\t\ttrue\t'-1.5\t\n")
  })

  it("keeps one line and one cell for any text", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        const cell = safeText(text)
        expect(cell).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(cell).not.toMatch(/^\s*[=+\-@"]/)
      }),
    )
  })

  it("names files by what they hold, whatever it is called", () => {
    expect(fileName(["../../etc/passwd", ""], "tsv", DAY)).toBe("etc-passwd_2026-11-28.tsv")
    expect(fileName(["模型 \u202E x", "a\nb"], "json", DAY)).toBe("模型-x_a-b_2026-11-28.json")
    expect(fileName(["x".repeat(500)], "tsv", DAY)).toHaveLength(124)
  })
})
