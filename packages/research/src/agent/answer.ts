import { SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { oneLine, utf8Head } from "@spore/runner/user-program"
import { diffLines } from "diff"
import { join } from "node:path"
import type { ProposalContext, ProposerErrorCode } from "../proposer.ts"
import { listFiles, readPlainFile } from "./answer-files.ts"
import { ANSWER_FILE, type AttemptFolder, CANDIDATE_FOLDER } from "./layout.ts"

const MAX_FILE = 1024 * 1024
const MAX_ALL = 4 * 1024 * 1024
const MAX_ANSWER = 64 * 1024
/** Entries of the folder that are looked at for changes that do not count. */
const MAX_ENTRIES = 5000
const NAMED = 3
/** As a record holds them. */
const TITLE_BYTES = 256
const HYPOTHESIS_BYTES = 8192
/** Lines of code that a diff is counted over. */
const DIFF_BYTES = 256 * 1024
/** Looks at each run of them once, however long. */
const TRAILING_MARKS = /(?<![\s*_])[\s*_]+$/

/** What an agent made of the parent. */
export interface Edits {
  /** All editable files. */
  readonly files: FileTree
  readonly changed: readonly string[]
  /** Its ANSWER.md; null where it wrote none. */
  readonly answer: string | null
  /** What it did besides, which does not count; null where there is nothing. */
  readonly ignored: string | null
}

/**
 * Reads the editable files back.
 *
 * @throws SporeError `proposer_failed` where one is gone, a link, or too large
 */
export async function readEdits(folder: AttemptFolder, context: ProposalContext): Promise<Edits> {
  const files = new Map<string, Uint8Array>()
  let total = 0
  for (const path of context.candidate.editable) {
    const read = await readPlainFile(folder.tree, join(CANDIDATE_FOLDER, path), MAX_FILE)
    if (read === null) throw failed(`the agent removed ${path}`)
    if ("refused" in read) throw failed(`${path} ${read.refused}: the agent's answer is not taken`)
    total += read.length
    files.set(path, new Uint8Array(read))
  }
  if (total > MAX_ALL) throw failed(`the agent's files have ${total} bytes, more than ${MAX_ALL}`)
  const changed = context.candidate.editable.filter((path) => !isSame(context.parent.files.get(path), files.get(path)))
  return { files, changed, answer: await readAnswer(folder), ignored: await ignoredChanges(folder, context) }
}

async function readAnswer(folder: AttemptFolder): Promise<string | null> {
  const read = await readPlainFile(folder.tree, ANSWER_FILE, MAX_ANSWER)
  if (read === null || "refused" in read) return null
  const text = read.toString().trim()
  return text === "" ? null : text
}

/** One line about frozen files that it changed, and files of its own. */
async function ignoredChanges(folder: AttemptFolder, context: ProposalContext): Promise<string | null> {
  const { candidate, frozen } = context
  const changed: string[] = []
  for (const [path, content] of frozen) {
    if (candidate.editable.includes(path) || folder.withheld.includes(path)) continue
    const read = await readPlainFile(folder.tree, join(CANDIDATE_FOLDER, path), content.length)
    if (read === null || "refused" in read || !isSame(content, read)) changed.push(path)
  }
  const made = (await listFiles(join(folder.tree, CANDIDATE_FOLDER), MAX_ENTRIES)).filter(
    (path) => !candidate.editable.includes(path) && !frozen.has(path),
  )
  const parts = [
    ...(changed.length === 0 ? [] : [`changes to frozen files: ${named(changed)}`]),
    ...(made.length === 0 ? [] : [`new files: ${named(made)}`]),
  ]
  return parts.length === 0 ? null : `ignored ${parts.join("; ")}`
}

function named(paths: readonly string[]): string {
  const shown = paths.slice(0, NAMED).map((path) => oneLine(path, 100))
  return paths.length > NAMED ? `${shown.join(", ")} and ${paths.length - NAMED} more` : shown.join(", ")
}

/** What is said of the change: in ANSWER.md, else in its last words, else by what it did. */
export function describe(
  edits: Edits,
  lastWords: string,
  context: ProposalContext,
): { title: string; hypothesis: string } {
  const told = titled(edits.answer ?? lastWords)
  const summary = summaryOf(edits, context)
  return {
    title: told?.title ?? summary,
    hypothesis: utf8Head(told?.hypothesis ?? "", HYPOTHESIS_BYTES) || `No reason was given. ${summary}.`,
  }
}

/** The first line that has words is the title, the rest the hypothesis; with one line it is both. */
function titled(text: string): { title: string; hypothesis: string } | null {
  const lines = text.toWellFormed().split(/\r?\n/)
  const at = lines.findIndex((line) => /[\p{L}\p{N}]/u.test(line))
  if (at === -1) return null
  const line = (lines[at] ?? "").replace(/^[\s#*_>-]*(title\s*:)?[\s*_]*/i, "").replace(TRAILING_MARKS, "")
  const rest = lines
    .slice(at + 1)
    .join("\n")
    .trim()
    .replace(/^[#*_\s]*hypothesis\s*:?[*_]*\s*/i, "")
  const title = oneLine(line, TITLE_BYTES)
  return title === "" ? null : { title, hypothesis: rest === "" ? line : rest }
}

function summaryOf({ changed, files }: Edits, { parent }: ProposalContext): string {
  const parts = changed.map((path) => {
    const [before, after] = [parent.files.get(path) ?? new Uint8Array(), files.get(path) ?? new Uint8Array()]
    if (before.length + after.length > DIFF_BYTES) return path
    const decoder = new TextDecoder()
    const changes = diffLines(decoder.decode(before), decoder.decode(after), { timeout: 1000 })
    if (changes === undefined) return path
    const lines = (kind: "added" | "removed"): number =>
      changes.reduce((sum, change) => sum + (change[kind] ? change.count : 0), 0)
    return `${path} (+${lines("added")} -${lines("removed")} lines)`
  })
  return utf8Head(`Changes ${parts.join(", ")}`, TITLE_BYTES)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

function failed(message: string): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", message)
}
