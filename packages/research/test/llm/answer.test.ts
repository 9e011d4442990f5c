import { isSporeError } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readAnswer } from "../../src/llm/answer.ts"
import { applyEdit } from "../../src/llm/edit.ts"
import { hostileText } from "../prompt/hostile-text.ts"
import { editAnswer, wholeAnswer } from "./answers.ts"

const utf8 = new TextEncoder()
const PARENT = new Map([
  ["train.mjs", utf8.encode("const rate = 1\nconst width = 2\n\nrun(rate, width)\n")],
  ["frozen.mjs", utf8.encode("score()\n")],
])
const EDITABLE = ["train.mjs"]

function changed(answer: string, parent = PARENT, editable = EDITABLE): string {
  return new TextDecoder().decode(readAnswer(answer, parent, editable).files.get("train.mjs"))
}

function problemOf(answer: string, parent = PARENT, editable = EDITABLE): string {
  try {
    readAnswer(answer, parent, editable)
    return "none"
  } catch (error) {
    return isSporeError(error, "bad_answer") ? error.message : `another error: ${String(error)}`
  }
}

const line = fc.oneof(
  fc.constantFrom(
    "TITLE: t\nHYPOTHESIS: h",
    "<<<<<<< SEARCH\nconst rate = 1\n=======\nconst rate = 3\n>>>>>>> REPLACE",
    "<<<<<<< WHOLE\nrun()\n>>>>>>> WHOLE",
    "TITLE: t",
    "**Hypothesis:** h",
    "FILE: train.mjs",
    "FILE: `train.mjs`",
    "FILE: frozen.mjs",
    "FILE: ../../etc/passwd",
    "FILE: /etc/passwd",
    "FILE: __proto__",
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "<<<<<<< WHOLE",
    ">>>>>>> WHOLE",
    "const rate = 1",
    "const width = 2  ",
    "```js",
    "<think>",
    "</think>",
    "",
  ),
  hostileText(20),
)
const answers = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"))

describe("an answer of a model", () => {
  it("whatever it is, gives a change of editable files alone or a bad_answer", () => {
    let taken = 0
    fc.assert(
      fc.property(answers, (answer) => {
        try {
          const { files, title, hypothesis } = readAnswer(answer, PARENT, EDITABLE)
          taken++
          expect([...files.keys()]).toEqual([...PARENT.keys()])
          expect(files.get("frozen.mjs")).toBe(PARENT.get("frozen.mjs"))
          expect(Buffer.byteLength(title)).toBeLessThanOrEqual(256)
          expect(`${title}${hypothesis}`).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          expect(title).not.toBe("")
        } catch (error) {
          // oxlint-disable-next-line vitest/no-conditional-expect -- the other of the two things that may happen
          expect(error).toMatchObject({ code: "bad_answer" })
        }
      }),
      { numRuns: 5000, seed: 8 },
    )
    expect(taken).toBeGreaterThan(0)
  })

  it("names in its problems nothing that others wrote", () => {
    const words = "TITLE FILE HYPOTHESIS SEARCH WHOLE block line lines the of a".split(" ")
    fc.assert(
      fc.property(hostileText(30), (text) => {
        const evil = `evil${text.replaceAll(/[\r\n]/g, "")}`
        const problem = problemOf(`TITLE: ${evil}\nFILE: ${evil}\n<<<<<<< SEARCH\n${evil}\n=======\n${evil}\n`)
        expect(words.some((word) => problem.includes(word))).toBe(true)
        expect(problem).not.toContain("evil")
      }),
    )
  })

  it("replaces lines, in order, and drops what has no replacement", () => {
    expect(changed(editAnswer("const rate = 1", "const rate = 3"))).toBe(
      "const rate = 3\nconst width = 2\n\nrun(rate, width)\n",
    )
    const two = `${editAnswer("const rate = 1", "const rate = 3")}\n<<<<<<< SEARCH\nconst rate = 3\nconst width = 2\n=======\n>>>>>>> REPLACE\n`
    expect(changed(two)).toBe("\nrun(rate, width)\n")
  })

  it("writes a file anew, with or without a fence of Markdown in the block", () => {
    expect(changed(wholeAnswer("run(1)"))).toBe("run(1)\n")
    expect(changed(wholeAnswer("```js\nrun(1)\n```"))).toBe("run(1)\n")
  })

  it("takes what models put around it", () => {
    const answer = `<think>FILE: frozen.mjs\n<<<<<<< WHOLE\n</think>
Sure! Here is my proposal:

**TITLE:** \`higher rate\`
## Hypothesis: It is
slow now.

That is all I know.
FILE: \`./train.mjs\`
\`\`\`
<<<<<<< SEARCH
const rate = 1
=======
const rate = 9
>>>>>>> REPLACE
\`\`\`
Good luck!`
    expect(readAnswer(answer, PARENT, EDITABLE)).toMatchObject({ title: "higher rate", hypothesis: "It is slow now." })
    expect(changed(answer)).toContain("const rate = 9\n")
  })

  it("needs no FILE line where one file alone is editable", () => {
    const answer = editAnswer("const rate = 1", "const rate = 3").replace("FILE: train.mjs\n", "")
    expect(changed(answer)).toContain("const rate = 3")
    expect(problemOf(answer, PARENT, ["train.mjs", "frozen.mjs"])).toBe("block 1: no FILE line stands before it")
  })

  it("finds the path of a Python package's file", () => {
    const parent = new Map([["pkg/__init__.py", utf8.encode("a = 1\n")]])
    const answer = editAnswer("a = 1", "a = 2").replace("train.mjs", "**pkg/__init__.py**")
    const { files } = readAnswer(answer, parent, ["pkg/__init__.py"])
    expect(new TextDecoder().decode(files.get("pkg/__init__.py"))).toBe("a = 2\n")
  })

  it.each([
    ["", "the answer is empty"],
    ["I'm sorry, I cannot help with that.", "there is no TITLE line; there is no HYPOTHESIS line"],
    ["<think>still thinking", "there is no TITLE line; there is no HYPOTHESIS line"],
    ["TITLE: a\nHYPOTHESIS: b", "it changes nothing: no SEARCH or WHOLE block makes a file different"],
    [
      editAnswer("const rate = 1", "const rate = 1"),
      "it changes nothing: no SEARCH or WHOLE block makes a file different",
    ],
    [editAnswer("const rate = 7", "x"), "block 1: its SEARCH lines are not in the file"],
    [editAnswer("rate = 1", "x"), "block 1: its SEARCH lines are not in the file"],
    [editAnswer("", "x"), "block 1: its SEARCH part holds no line to be found"],
    [editAnswer("a", "x").replace("train.mjs", "frozen.mjs"), "block 1: its FILE is none of the editable files"],
    [editAnswer("const rate = 1", "x").split(">>>>")[0], "a SEARCH block has no end"],
    [wholeAnswer("run(1)").split(">>>>")[0], "a WHOLE block has no end"],
  ])("refuses %j: %s", (answer = "", problem) => expect(problemOf(answer)).toBe(problem))

  it("tells at most five problems", () => {
    const answer = `TITLE: t\nHYPOTHESIS: h\n${"<<<<<<< SEARCH\nno\n=======\n>>>>>>> REPLACE\n".repeat(9)}`
    expect(problemOf(answer).match(/block \d/g)).toHaveLength(5)
    expect(problemOf(answer)).toMatch(/; and 4 more$/)
  })
})

describe("applyEdit", () => {
  it("changes the one run of lines that is meant, and nothing else", () => {
    const piece = fc.constantFrom("a", "b", " b", "b ", "", "c\r")
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.nat(11),
        fc.array(piece),
        (before, nth, inserted) => {
          const at = nth % before.length
          const search = before.slice(at, at + 3)
          const isAt = (_: string, i: number): boolean => search.every((each, j) => before[i + j] === each)
          fc.pre(search.some((each) => each.trim() !== "") && before.filter(isAt).length === 1)
          const after = applyEdit(before.join("\n"), search, inserted)
          const expected = [...before.slice(0, at), ...inserted, ...before.slice(at + search.length)]
          expect(after.replaceAll("\r", "")).toBe(expected.join("\n").replaceAll("\r", ""))
        },
      ),
    )
  })

  it("wants lines that are found once", () => {
    expect(() => applyEdit("a\nb\na\n", ["a"], ["x"])).toThrow(/in the file 2 times/)
    expect(applyEdit("a\nb\na\n", ["a", "b"], ["x"])).toBe("x\na\n")
  })

  it("compares without white space at line ends only where nothing equals", () => {
    expect(applyEdit("a  \nb\n", ["a"], ["x"])).toBe("x\nb\n")
    expect(applyEdit("a  \na\n", ["a"], ["x"])).toBe("a  \nx\n")
    expect(() => applyEdit("  a\n", ["a"], ["x"])).toThrow(/not in the file/)
  })

  it("keeps the line ends of a file", () => {
    expect(applyEdit("a\r\nb\r\nc", ["b"], ["x", "y"])).toBe("a\r\nx\r\ny\r\nc")
    expect(applyEdit("a\r\nb", ["b"], ["x", "y"])).toBe("a\r\nx\r\ny")
    expect(applyEdit("a\r\nb\r\nc", ["c"], [])).toBe("a\r\nb\r")
  })

  it("finds at most 500 lines", () => {
    const many = Array.from({ length: 501 }, (_, i) => `${i}`)
    expect(() => applyEdit(many.join("\n"), many, [])).toThrow(/more than 500 lines/)
  })
})
