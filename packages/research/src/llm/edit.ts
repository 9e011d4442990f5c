import { SporeError } from "@spore/records"
import type { AnswerErrorCode } from "./answer.ts"

/** Lines to be found at once: looking for more could take long. */
const MOST_LINES = 500

/**
 * Replaces the one run of whole lines that equals `search`. Where none does, white space at the ends of lines is not
 * compared. Other lines stay as they are, and what is inserted gets the file's own line ends.
 *
 * @throws SporeError `bad_answer` where no or more than one run does
 */
export function applyEdit(text: string, search: readonly string[], replacement: readonly string[]): string {
  const lines = text.split("\n")
  if (search.every((line) => line.trim() === "")) throw badEdit("its SEARCH part holds no line to be found")
  if (search.length > MOST_LINES) throw badEdit(`its SEARCH part has more than ${MOST_LINES} lines`)
  const exact = findRuns(lines, search, withoutReturn)
  const found = exact.length > 0 ? exact : findRuns(lines, search, (line) => line.trimEnd())
  const [at] = found
  if (at === undefined) throw badEdit("its SEARCH lines are not in the file")
  if (found.length > 1) {
    throw badEdit(`its SEARCH lines are in the file ${found.length} times: give more of the lines around them`)
  }
  const lineEnd = lines[0]?.endsWith("\r") === true ? "\r" : ""
  const inserted = replacement.map((line) => withoutReturn(line) + lineEnd)
  // the file's last line has no end of its own
  const last = at + search.length === lines.length ? inserted.pop() : undefined
  if (last !== undefined) inserted.push(withoutReturn(last))
  return [...lines.slice(0, at), ...inserted, ...lines.slice(at + search.length)].join("\n")
}

function findRuns(lines: readonly string[], search: readonly string[], form: (line: string) => string): number[] {
  const forms = lines.map(form)
  const sought = search.map(form)
  const runs: number[] = []
  for (let at = 0; at + sought.length <= forms.length; at++) {
    if (sought.every((line, i) => line === forms[at + i])) runs.push(at)
  }
  return runs
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line
}

function badEdit(problem: string): SporeError<AnswerErrorCode> {
  return new SporeError("bad_answer", problem)
}
