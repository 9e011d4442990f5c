/** Reads the field tables of docs/spec/03-objects.md: the types that the specification gives to fields. */
import { readFileSync } from "node:fs"

/** A type as the specification writes it. */
export type SpecType =
  | { readonly is: "text"; readonly min: number; readonly max: number }
  | { readonly is: "bytes"; readonly length: number }
  | { readonly is: "integer"; readonly min: number; readonly max: number }
  | { readonly is: "number"; readonly range: "any" | "not negative" | "positive" }
  | { readonly is: "choice"; readonly values: readonly (string | number)[] }
  | { readonly is: "slug" | "class key" | "record" | "artifact" }
  | { readonly is: "map"; readonly max: number; readonly value: SpecType }
  | { readonly is: "list"; readonly min: number; readonly max: number; readonly item: SpecType }
  | { readonly is: "table"; readonly title: string; readonly fields: Fields }
  | { readonly is: "either"; readonly options: readonly SpecType[] }
  | { readonly is: "nullable"; readonly type: SpecType }

/** The types of a map's fields, by name. */
export type Fields = ReadonlyMap<string, SpecType>

const COMMON = "object"
const MAX_INTEGER = Number.MAX_SAFE_INTEGER

/** The fields of a kind, the common ones first, as a markdown text's tables have them. */
export function fieldsOf(markdown: string, kind: string): Fields {
  const tables = readTables(markdown)
  const read = (title: string): Fields => {
    const rows = tables.get(title)
    if (rows === undefined) throw new Error(`no table ${title}`)
    return new Map(rows.map(([name, type]) => [name, parseType(type, title === COMMON ? kind : title, read)]))
  }
  return new Map([...read(COMMON), ...read(kind)])
}

/** The text of a part of the specification. */
export function specText(file: string): string {
  return readFileSync(new URL(`../../../docs/spec/${file}`, import.meta.url), "utf8")
}

/** Rows (field, type) of each table whose second column is headed `Type`, by the heading of the first. */
function readTables(markdown: string): Map<string, [name: string, type: string][]> {
  const tables = new Map<string, [string, string][]>()
  let rows: [string, string][] | undefined
  for (const line of markdown.split("\n")) {
    const [first, second] = cells(line)
    if (first === undefined || second === undefined) rows = undefined
    else if (second === "Type") {
      if (tables.has(first)) throw new Error(`two tables ${first}`)
      tables.set(first, (rows = []))
    } else if (!/^-+$/.test(first)) rows?.push([first, second])
  }
  return tables
}

function cells(line: string): string[] {
  return line.startsWith("|")
    ? line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
    : []
}

function parseType(text: string, title: string, read: (title: string) => Fields): SpecType {
  const parse = (part: string): SpecType => parseType(part, title, read)
  if (text.endsWith("?")) return { is: "nullable", type: parse(text.slice(0, -1)) }
  if (text === "its title") return { is: "choice", values: [title] }
  if (text.startsWith("`"))
    return { is: "choice", values: [...text.matchAll(/`([^`]+)`/g)].map(([, value = ""]) => value) }
  if (/^\d+$/.test(text)) return { is: "choice", values: [Number(text)] }
  if (text === "uint") return { is: "integer", min: 0, max: MAX_INTEGER }
  if (text === "number") return { is: "number", range: "any" }
  if (text === "number ≥ 0") return { is: "number", range: "not negative" }
  if (text === "number > 0") return { is: "number", range: "positive" }
  if (text === "slug" || text === "class key" || text === "record" || text === "artifact") return { is: text }

  const [, name, from, to, rest] = /^(text|bytes|integer|map|list)\((?:(\d+)…)?(\d+)(?:, (.+))?\)$/.exec(text) ?? []
  const [min, max] = [Number(from ?? 0), Number(to)]
  if (name === "text") return { is: name, min, max }
  if (name === "bytes") return { is: name, length: max }
  if (name === "integer") return { is: name, min, max }
  if (name === "map" && rest !== undefined) return { is: name, max, value: parse(rest) }
  if (name === "list" && rest !== undefined) return { is: name, min, max, item: parse(rest) }

  if (text.includes(" or ")) return { is: "either", options: text.split(" or ").map(parse) }
  return { is: "table", title: text, fields: read(text) }
}
