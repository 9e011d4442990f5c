import { SporeError } from "@spore/records"

/** `agent_command`: the text of a command cannot be split into words. */
export type AgentCommandErrorCode = "agent_command"

const SPACE = /[ \t\n]/
/** What a backslash keeps from its meaning within double quotes; before anything else it stands for itself. */
const ESCAPED_IN_DOUBLE = new Set(["$", "`", '"', "\\"])

/**
 * Splits a command into words as a POSIX shell does: blanks, single and double quotes, backslashes. Nothing is
 * expanded: `$`, `*`, `;` and `|` stand for themselves.
 *
 * @throws SporeError `agent_command` for no word at all, an open quote, a backslash at the end, or a zero byte
 */
export function splitWords(text: string): string[] {
  if (text.includes("\0")) throw malformed("holds a zero byte")
  const words: string[] = []
  let word: string | null = null
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (SPACE.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1)
      if (end === -1) throw malformed("has a ' without its other half")
      word = (word ?? "") + text.slice(at + 1, end)
      at = end
    } else if (character === '"') {
      const quoted = readDouble(text, at + 1)
      word = (word ?? "") + quoted.text
      at = quoted.end
    } else if (character === "\\") {
      if (at + 1 === text.length) throw malformed("ends with a backslash")
      at++
      // a line that goes on
      if (text.charAt(at) !== "\n") word = (word ?? "") + text.charAt(at)
    } else word = (word ?? "") + character
  }
  if (word !== null) words.push(word)
  if (words[0] === undefined) throw malformed("is empty")
  if (words[0] === "") throw malformed("names no program")
  return words
}

function readDouble(text: string, start: number): { text: string; end: number } {
  let word = ""
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') return { text: word, end: at }
    const next = text.charAt(at + 1)
    if (character === "\\" && (ESCAPED_IN_DOUBLE.has(next) || next === "\n")) {
      at++
      if (next !== "\n") word += next
    } else word += character
  }
  throw malformed('has a " without its other half')
}

/** Without the command itself: it may hold a key. */
function malformed(reason: string): SporeError<AgentCommandErrorCode> {
  return new SporeError("agent_command", `the agent's command ${reason}`, {
    next: "quote as in a shell, such as --agent-cmd 'my-agent --file {prompt_file}'",
  })
}
