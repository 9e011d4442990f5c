import { describe, expect, it } from "vitest"
import { describe as described } from "../../src/agent/answer.ts"
import { agentContext, BEFORE, EDITABLE } from "./scripted.ts"

describe("what an agent says of its change", () => {
  const context = agentContext()
  const edits = {
    files: new Map([[EDITABLE, new TextEncoder().encode(BEFORE)]]),
    changed: [EDITABLE],
    answer: null,
    ignored: null,
  }

  it("loses the marks around its title", () => {
    expect(described(edits, "# **Title: A b** \n\nWhy", context)).toEqual({ title: "A b", hypothesis: "Why" })
  })

  // with a search from each blank anew this takes minutes, past the time of a test
  it("may hold any number of blanks", () => {
    const blanks = `a${" ".repeat(64 * 1024)}`.repeat(16)
    expect(described(edits, `${blanks}b`, context).title.trim()).toBe("a")
  })
})
