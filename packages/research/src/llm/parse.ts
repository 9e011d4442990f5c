/** A block of an answer: what it does to the file that the FILE line before it names. */
export interface Block {
  /** Null where no FILE line stands before it. */
  readonly path: string | null
  /** Lines to be replaced; null where the file is written anew. */
  readonly search: readonly string[] | null
  readonly lines: readonly string[]
}

/** What stands in an answer, unchecked. */
export interface ParsedAnswer {
  readonly title: string
  readonly hypothesis: string
  readonly blocks: readonly Block[]
  /** The mark whose block has no end; null where all have one. */
  readonly open: "SEARCH" | "WHOLE" | null
}

const KEY = /^[\s#*]{0,8}(title|hypothesis|file)[*]{0,3}\s{0,4}:(.*)$/i

/** Takes an answer apart. Whatever is neither a key nor in a block is passed over. */
export function parseAnswer(text: string): ParsedAnswer {
  const lines = withoutThought(text).split(/\r?\n/)
  const blocks: Block[] = []
  const hypothesis: string[] = []
  let title = ""
  let path: string | null = null
  let isInHypothesis = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ""
    const block = blockAt(lines, at, path)
    if (block === "open") return { title, hypothesis: hypothesis.join(" "), blocks, open: markOf(line) }
    if (block !== null) {
      blocks.push(block.block)
      at = block.end
      isInHypothesis = false
      continue
    }
    const [, key, value = ""] = KEY.exec(line) ?? []
    if (key === undefined) {
      isInHypothesis &&= line.trim() !== "" || hypothesis.length === 0
      if (isInHypothesis && line.trim() !== "") hypothesis.push(line.trim())
      continue
    }
    isInHypothesis = key.toLowerCase() === "hypothesis"
    if (isInHypothesis && undecorated(value) !== "") hypothesis.push(undecorated(value))
    else if (key.toLowerCase() === "title") title ||= undecorated(value)
    else if (key.toLowerCase() === "file") path = undecorated(value)
  }
  return { title, hypothesis: hypothesis.join(" "), blocks, open: null }
}

/** The block that begins at a line, and where its last line is; null where none begins, `open` where it has no end. */
function blockAt(
  lines: readonly string[],
  at: number,
  path: string | null,
): { block: Block; end: number } | "open" | null {
  const mark = markOf(lines[at] ?? "")
  if (mark === null) return null
  if (mark === "WHOLE") {
    const end = indexOfLine(lines, ">>>>>>> WHOLE", at)
    if (end === -1) return "open"
    return { block: { path, search: null, lines: withoutFence(lines.slice(at + 1, end)) }, end }
  }
  const middle = indexOfLine(lines, "=======", at)
  const end = middle === -1 ? -1 : indexOfLine(lines, ">>>>>>> REPLACE", middle)
  if (end === -1) return "open"
  return { block: { path, search: lines.slice(at + 1, middle), lines: lines.slice(middle + 1, end) }, end }
}

function markOf(line: string): "SEARCH" | "WHOLE" | null {
  const mark = line.trimEnd()
  if (mark === "<<<<<<< SEARCH") return "SEARCH"
  return mark === "<<<<<<< WHOLE" ? "WHOLE" : null
}

function indexOfLine(lines: readonly string[], mark: string, from: number): number {
  for (let i = from + 1; i < lines.length; i++) if (lines[i]?.trimEnd() === mark) return i
  return -1
}

/** Some models write what they think before they answer. */
function withoutThought(text: string): string {
  const start = text.trimStart()
  if (!start.startsWith("<think>")) return text
  const end = start.indexOf("</think>")
  return end === -1 ? "" : start.slice(end + "</think>".length)
}

/** A value without the Markdown that models put around it. */
function undecorated(value: string): string {
  return value.replaceAll(/^[\s*`"']{1,8}|[\s*`"']{1,8}$/g, "")
}

/** The lines of a file without the Markdown fence around them. */
function withoutFence(lines: readonly string[]): readonly string[] {
  const isFenced = /^```[\w+-]*\s*$/.test(lines[0] ?? "") && lines.at(-1)?.trimEnd() === "```" && lines.length > 1
  return isFenced ? lines.slice(1, -1) : lines
}
