import { parse, type TomlTable } from "smol-toml"

/** A line or statement of a TOML file, with where it is: offsets in the text, `end` behind its line feed. */
export type TomlItem =
  | { readonly kind: "heading"; readonly path: readonly string[]; readonly start: number; readonly end: number }
  | TomlPair
  /** A comment or an empty line. */
  | { readonly kind: "text"; readonly line: string; readonly start: number; readonly end: number }

export interface TomlPair {
  readonly kind: "pair"
  /** From the top. */
  readonly path: readonly string[]
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
  /** Whether comments are inside the value. */
  readonly hasComments: boolean
  readonly end: number
}

/** The items of a TOML file that can be read, in their order: together they are the whole text. */
export function tomlItems(text: string): TomlItem[] {
  const items: TomlItem[] = []
  let table: readonly string[] = []
  for (let at = 0; at < text.length;) {
    const begin = skipBlanks(text, at)
    const first = text[begin]
    if (first === "[") {
      const close = keyEnd(text, begin, "]")
      const end = lineEnd(text, close)
      table = pathIn(text.slice(begin, end))
      items.push({ kind: "heading", path: table, start: at, end })
    } else if (first === undefined || first === "#" || first === "\n" || first === "\r") {
      const end = lineEnd(text, begin)
      items.push({ kind: "text", line: text.slice(at, end).trimEnd(), start: at, end })
    } else items.push(pairAt(text, at, begin, table))
    at = items.at(-1)?.end ?? text.length
  }
  return items
}

function pairAt(text: string, start: number, begin: number, table: readonly string[]): TomlPair {
  const equals = keyEnd(text, begin, "=")
  const valueStart = skipBlanks(text, equals + 1)
  const { end: valueEnd, hasComments } = valueAt(text, valueStart)
  const path = [...table, ...pathIn(`${text.slice(begin, equals)}= 0`)]
  return { kind: "pair", path, start, valueStart, valueEnd, hasComments, end: lineEnd(text, valueEnd) }
}

/** Where a value ends; strings, lists and tables in it may go over several lines. */
function valueAt(text: string, start: number): { end: number; hasComments: boolean } {
  let depth = 0
  let hasComments = false
  let end = start
  for (let at = start; at < text.length;) {
    const character = text[at] ?? ""
    if (character === '"' || character === "'") end = at = stringEnd(text, at)
    else if (character === "#") {
      if (depth === 0) break
      hasComments = true
      at = lineEnd(text, at)
    } else if (character === "\n" && depth === 0) break
    else {
      if ("[{".includes(character)) depth++
      if ("]}".includes(character)) depth--
      at++
      if (!/\s/.test(character)) end = at
    }
  }
  return { end, hasComments }
}

function stringEnd(text: string, start: number): number {
  const quote = text[start] ?? ""
  const triple = quote.repeat(3)
  const mark = text.startsWith(triple, start) ? triple : quote
  let at = start + mark.length
  while (at < text.length && !text.startsWith(mark, at)) at += quote === '"' && text[at] === "\\" ? 2 : 1
  at += mark.length
  // Up to two quotation marks before the closing ones are the string's own.
  if (mark === triple) for (let more = 0; more < 2 && text[at] === quote; more++) at++
  return at
}

/** The offset of `mark` outside of quotation marks. */
function keyEnd(text: string, start: number, mark: string): number {
  let at = start
  while (at < text.length && text[at] !== mark) {
    at = text[at] === '"' || text[at] === "'" ? stringEnd(text, at) : at + 1
  }
  return at
}

/** The path that a heading or a key says, as the TOML reader has it. */
function pathIn(statement: string): string[] {
  const path: string[] = []
  let table: TomlTable | undefined = parse(statement)
  while (table !== undefined) {
    const [entry]: [string, unknown][] = Object.entries(table)
    if (entry === undefined) break
    path.push(entry[0])
    const below: unknown = Array.isArray(entry[1]) ? entry[1][0] : entry[1]
    table = isTable(below) ? below : undefined
  }
  return path
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (text[at] === " " || text[at] === "\t") at++
  return at
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from)
  return feed === -1 ? text.length : feed + 1
}
