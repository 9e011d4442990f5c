import { describe, expect, it } from "vitest"
import { createOutputReader } from "../src/sandbox/output.ts"
import { oneLine, tellingLine, utf8Head, utf8Tail } from "../src/text.ts"

function read(...chunks: (string | Buffer)[]): { lines: string[]; tail: string; floods: number } {
  const lines: string[] = []
  let floods = 0
  const reader = createOutputReader({ onLine: (line) => lines.push(line), onFlood: () => floods++ })
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  return { lines, tail: reader.tail(), floods }
}

describe("a job's output", () => {
  it.each<[string[], string[]]>([
    [["a\nb\n"], ["a", "b"]],
    [["a", "b", "c\n"], ["abc"]],
    [["a\r\nb\r\n"], ["a", "b"]],
    [
      ["a\r", "\nb\n"],
      ["a", "b"],
    ],
    [["50%\r60%\r70%"], ["50%", "60%"]],
    [["\n\n"], ["", ""]],
    [["a\r\r\nb\n"], ["a", "", "b"]],
    [["unfinished"], []],
  ])("%j gives the lines %j", (chunks, lines) => {
    expect(read(...chunks).lines).toEqual(lines)
  })

  it("keeps a character together that comes in two chunks", () => {
    const [first, second] = [Buffer.from("é\n").subarray(0, 1), Buffer.from("é\n").subarray(1)]
    expect(read(first, second)).toMatchObject({ lines: ["é"], tail: "é\n" })
  })

  it("cuts a line without end and keeps only the end of all", () => {
    const { lines, tail } = read(...Array.from({ length: 100 }, () => "x".repeat(10_000)), "end\nnext\n")
    expect(lines.map((line) => line.length)).toEqual([65536, 4])
    expect(tail.length).toBe(65536)
    expect(tail.endsWith("xend\nnext\n")).toBe(true)
  })

  it("tells a flood once and drops the rest", () => {
    const mebibyte = "x".repeat(1024 * 1024)
    const { floods, lines } = read(...Array.from({ length: 20 }, () => mebibyte), "\n")
    expect({ floods, lines }).toEqual({ floods: 1, lines: [] })
  })
})

describe("cutting text", () => {
  it("keeps whole characters", () => {
    expect(utf8Tail("aé€", 4)).toBe("€")
    expect(utf8Tail("aé€", 5)).toBe("é€")
    expect(utf8Head("aé€", 2)).toBe("a")
    expect(utf8Head("aé€", 3)).toBe("aé")
    expect([utf8Head("abc", 3), utf8Tail("abc", 3)]).toEqual(["abc", "abc"])
  })

  it("makes one line of foreign text", () => {
    expect(oneLine("  red\u001b[31m\n\talert\u0007 ")).toBe("red [31m alert")
  })

  it.each([
    [
      "step 1\nTypeError: x is not a function\n    at main.mjs:3\n\nNode.js v26.10.0\n",
      "TypeError: x is not a function",
    ],
    ["bwrap: Can't find source path\n", "bwrap: Can't find source path"],
    ["one\ntwo\n\n", "two"],
    ["", ""],
  ])("finds the line that tells in %j", (output, line) => {
    expect(tellingLine(output)).toBe(line)
  })
})
