import { isSporeError } from "@spore/records"
import { execFileSync } from "node:child_process"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { AGENT_PRESETS, parseAgentCommand } from "../../src/agent/index.ts"
import { wordsFor } from "../../src/agent/command.ts"
import { splitWords } from "../../src/agent/words.ts"

/** What a shell says the words of a command are. */
function shellWords(command: string): string[] {
  const program = `set -f; for word in ${command}\ndo printf '%s\\0' "$word"; done`
  return execFileSync("/bin/sh", ["-c", program], { env: {} }).toString().split("\0").slice(0, -1)
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

describe("splitWords", () => {
  it.each([
    ["claude -p", ["claude", "-p"]],
    ["  a\t b \n c ", ["a", "b", "c"]],
    [`a 'b c' "d e"`, ["a", "b c", "d e"]],
    [`a b'c'"d"\\ e`, ["a", "bcd e"]],
    [`a '' ""`, ["a", "", ""]],
    [`a "\\"\\\\\\$\\n"`, ["a", `"\\$\\n`]],
    [`a '\\n'`, ["a", "\\n"]],
    [`a $HOME *.js ; rm | b`, ["a", "$HOME", "*.js", ";", "rm", "|", "b"]],
    ["a b\\\nc", ["a", "bc"]],
  ])("splits %j", (command, words) => {
    expect(splitWords(command)).toEqual(words)
  })

  it.each([
    ["", "is empty"],
    [" \t\n", "is empty"],
    [`"" a`, "names no program"],
    [`a 'b`, "has a ' without its other half"],
    [`a "b`, 'has a " without its other half'],
    [`a "b\\"`, 'has a " without its other half'],
    ["a \\", "ends with a backslash"],
    ["a \0", "holds a zero byte"],
  ])("refuses %j", (command, reason) => {
    const error = (() => {
      try {
        return splitWords(command)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(isSporeError(error, "agent_command") ? error.message : error).toContain(reason)
  })

  it("does not repeat a command, which may hold a key", () => {
    expect(() => splitWords("agent --key sk-0123456789 'a")).toThrow(/^((?!sk-0123456789).)*$/s)
  })

  it("gives back whatever words were quoted", () => {
    const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"))
    fc.assert(
      fc.property(
        word.filter((text) => text !== ""),
        fc.array(word),
        (first, rest) => {
          const words = [first, ...rest]
          expect(splitWords(words.map(quoted).join(" "))).toEqual(words)
        },
      ),
    )
  })

  it("splits as a shell does, where nothing is to be expanded", () => {
    const piece = fc.constantFrom(
      "a",
      "B",
      "-",
      "=",
      "/",
      "{x}",
      " ",
      "\t",
      "'",
      '"',
      "\\",
      "\\\\",
      "\\'",
      "é",
      "'q q'",
      '"r\\"r"',
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const command = `a${pieces.join("")}`
        let words: string[]
        try {
          words = splitWords(command)
        } catch {
          return
        }
        expect(words).toEqual(shellWords(command))
      }),
      { numRuns: 200 },
    )
  })
})

describe("an agent's command", () => {
  const values = { promptFile: "/work/PROMPT.md", dir: "/work", editable: ["candidate/a b.js", "candidate/c.js"] }

  it("has its places filled in, each in one word whatever is in it", () => {
    const command = parseAgentCommand("my-agent --file={prompt_file} '{dir}/x {dir}' {editable} {other}")
    const words = wordsFor(command, { ...values, maxCostUsd: 1, sandboxed: true })
    expect(words).toEqual([
      "my-agent",
      "--file=/work/PROMPT.md",
      "/work/x /work",
      "candidate/a b.js",
      "candidate/c.js",
      "{other}",
    ])
  })

  it("is a preset's where its program is, as far as its login goes", () => {
    const command = parseAgentCommand("/opt/bin/claude -p --model haiku")
    expect(command).toMatchObject({ name: "claude", login: [".claude/.credentials.json"], costWords: [] })
    expect(command.words).toEqual(["/opt/bin/claude", "-p", "--model", "haiku"])
    expect(parseAgentCommand("constructor").login).toEqual([])
  })

  it("tells a preset its cap of cost, and what it may do", () => {
    const words = (name: string, init: { maxCostUsd: number | null; sandboxed: boolean }): string[] => {
      const preset = AGENT_PRESETS[name]
      return preset === undefined ? [] : wordsFor(preset, { ...values, ...init })
    }
    expect(words("claude", { maxCostUsd: 0.5, sandboxed: true }).slice(-2)).toEqual(["--max-budget-usd", "0.5"])
    expect(words("claude", { maxCostUsd: null, sandboxed: true })).not.toContain("--max-budget-usd")
    expect(words("codex", { maxCostUsd: null, sandboxed: false })).toContain("workspace-write")
    expect(words("codex", { maxCostUsd: null, sandboxed: true })).toContain("danger-full-access")
    expect(words("aider", { maxCostUsd: null, sandboxed: true })).toEqual(expect.arrayContaining(values.editable))
  })

  it.each(Object.entries(AGENT_PRESETS))("of %s is named as its preset", (name, preset) => {
    expect([preset.name, preset.words[0]]).toEqual([name, name])
    for (const path of [...preset.login, ...preset.config]) expect(path).toMatch(/^\.[\w./-]+$/)
  })
})
