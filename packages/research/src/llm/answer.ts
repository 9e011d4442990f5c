import { isSporeError, SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { cut } from "../prompt/cut.ts"
import { visibleLine } from "../prompt/visible.ts"
import { applyEdit } from "./edit.ts"
import { type Block, parseAnswer } from "./parse.ts"

/** The answer cannot be used; the message says why to whoever gave it, and holds nothing of what others wrote. */
export type AnswerErrorCode = "bad_answer"

/** What an answer proposes. */
export interface Answer {
  /** All editable files, whole. */
  readonly files: FileTree
  readonly title: string
  readonly hypothesis: string
}

const LONGEST_ANSWER = 1 << 20
const TITLE_BYTES = 200
const HYPOTHESIS_BYTES = 4096
const MOST_PROBLEMS = 5

/** How to answer, in the words of the prompt. */
export const ANSWER_FORMAT = `Answer in plain text, in exactly this form:

TITLE: what you change, in one line
HYPOTHESIS: why it should be better, in one to three sentences

FILE: path of an editable file
<<<<<<< SEARCH
lines of the file as they are
=======
lines that replace them
>>>>>>> REPLACE

- Between SEARCH and ======= stand whole lines, copied exactly from the file with their indentation, and enough of
  them to be found exactly once. Use several blocks for several places; they are applied in order.
- To write a file anew, give it whole instead:

FILE: path of an editable file
<<<<<<< WHOLE
all lines of the file
>>>>>>> WHOLE

- Nothing else is read: no diff, no JSON, no shell commands. Write no code outside of the blocks.
`

/**
 * Reads an answer in the form above and applies it to the parent's files. Tolerated are: a thought in `<think>` before
 * the answer, words between the blocks, Markdown around keys and whole files, no FILE line where one file alone is
 * editable; for text to be found see `applyEdit`.
 *
 * @throws SporeError `bad_answer`, and nothing else
 */
export function readAnswer(text: string, parent: FileTree, editable: readonly string[]): Answer {
  if (text.trim() === "") throw badAnswer(["the answer is empty"])
  const { title, hypothesis, blocks, open } = parseAnswer(text.slice(0, LONGEST_ANSWER))
  const problems: string[] = []
  const files = new Map(parent)
  for (const [i, block] of blocks.entries()) {
    const problem = applyBlock(files, block, editable)
    if (problem !== null) problems.push(`block ${i + 1}: ${problem}`)
  }
  if (open !== null) problems.push(`a ${open} block has no end`)
  if (visibleLine(title) === "") problems.push("there is no TITLE line")
  if (visibleLine(hypothesis) === "") problems.push("there is no HYPOTHESIS line")
  if (problems.length === 0 && isUnchanged(parent, files)) {
    problems.push("it changes nothing: no SEARCH or WHOLE block makes a file different")
  }
  if (problems.length > 0) throw badAnswer(problems)
  return {
    files,
    title: cut(visibleLine(title), TITLE_BYTES, "start"),
    hypothesis: cut(visibleLine(hypothesis), HYPOTHESIS_BYTES, "start"),
  }
}

function editablePath(asked: string | null, editable: readonly string[]): string | undefined {
  if (asked === null) return editable.length === 1 ? editable[0] : undefined
  return editable.find((path) => path === asked || visibleLine(path) === asked || `./${path}` === asked)
}

/** Gives what is wrong with a block; null where it was applied. */
function applyBlock(files: Map<string, Uint8Array>, block: Block, editable: readonly string[]): string | null {
  const path = editablePath(block.path, editable)
  if (path === undefined) {
    return block.path === null ? "no FILE line stands before it" : "its FILE is none of the editable files"
  }
  try {
    const { search, lines } = block
    const text = search === null ? `${lines.join("\n")}\n` : applyEdit(textOf(files.get(path)), search, lines)
    files.set(path, new TextEncoder().encode(text))
    return null
  } catch (error) {
    if (!isSporeError(error, "bad_answer")) throw error
    return error.message
  }
}

function textOf(content: Uint8Array | undefined): string {
  return content === undefined ? "" : new TextDecoder("utf-8", { ignoreBOM: true }).decode(content)
}

function isUnchanged(before: FileTree, after: FileTree): boolean {
  return [...after].every(([path, content]) => before.has(path) && textOf(before.get(path)) === textOf(content))
}

function badAnswer(problems: readonly string[]): SporeError<AnswerErrorCode> {
  const more = problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : []
  return new SporeError("bad_answer", [...problems.slice(0, MOST_PROBLEMS), ...more].join("; "))
}
