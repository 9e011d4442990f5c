import { isDeepStrictEqual } from "node:util"
import { parse, stringify, type TomlTable } from "smol-toml"
import { CONFIG_TEMPLATE } from "./config-file.ts"
import { type TomlItem, type TomlPair, tomlItems } from "./toml-items.ts"

export type ConfigValue = number | boolean | string | readonly string[]

/** A setting in a file: its table, empty for the top, and its name there. */
export interface ConfigKey {
  readonly table: string
  readonly name: string
}

/** `verify.rate` is `rate` in the table `verify`. */
export function configKey(key: string): ConfigKey {
  const dot = key.indexOf(".")
  return { table: key.slice(0, Math.max(0, dot)), name: key.slice(dot + 1) }
}

/**
 * The text of a `config.toml` with a setting written into it; all else stays as it is, comments and order too. A line
 * of the template that shows its default is switched on; else it comes behind what its table has.
 *
 * @param text can be read as TOML
 * @returns null where that cannot be done without changing or losing something else
 */
export function withSetting(text: string, key: ConfigKey, value: ConfigValue): string | null {
  const line = `${key.name} = ${tomlOf(value)}`
  const expected = parse(text)
  put(expected, key, value)
  return firstThatSays(expected, settingEdits(text, key, line, value))
}

/**
 * The text with a setting left to its default; the template's line, where there is one, shows it again.
 *
 * @returns null as `withSetting`; the same text where it is not set
 */
export function withoutSetting(text: string, key: ConfigKey): string | null {
  const items = tomlItems(text)
  const pair = pairOf(items, key)
  if (pair === undefined) return isSet(parse(text), key) ? null : text
  if (pair.hasComments) return null
  const expected = parse(text)
  const table = key.table === "" ? expected : tableIn(expected, key.table)
  if (table !== undefined) delete table[key.name]
  const isShown = sectionsOf(items).some((one) => one.name === key.table && shownLine(one, key) !== undefined)
  const shown = isShown ? undefined : TEMPLATE_LINES.get(idOf(key))
  const comment = text.slice(pair.valueEnd, pair.end).trim()
  const lines = [...(shown === undefined ? [] : [shown]), ...(comment === "" ? [] : [comment])]
  // A comment beside it stays, on the line of what it is about.
  const left = lines.length === 0 ? "" : `${lines.join(" ")}${endOfLine(text)}`
  const kept = text.slice(0, pair.start) + left + text.slice(pair.end)
  return firstThatSays(expected, [kept], key.table)
}

export function isSet(table: TomlTable, { table: name, name: key }: ConfigKey): boolean {
  const inside = name === "" ? table : tableIn(table, name)
  return inside !== undefined && Object.hasOwn(inside, key)
}

/** A value as TOML writes it. */
export function tomlOf(value: ConfigValue): string {
  return stringify({ v: value }).slice("v = ".length).trimEnd()
}

/** Ways to write it, the best first. Whether one says what it should is seen by reading it. */
function* settingEdits(text: string, key: ConfigKey, line: string, value: ConfigValue): Generator<string> {
  const items = tomlItems(text)
  const pair = pairOf(items, key)
  if (pair !== undefined) {
    if (!pair.hasComments) yield text.slice(0, pair.valueStart) + tomlOf(value) + text.slice(pair.valueEnd)
    return
  }
  const eol = endOfLine(text)
  const sections = sectionsOf(items)
  const section = sections.find(({ name, isOn }) => isOn && name === key.table)
  if (section !== undefined) {
    const shown = shownLine(section, key)
    if (shown !== undefined) yield replaced(text, shown, line + endOf(text, shown))
    const behind = section.items.findLast(({ kind }) => kind === "pair") ?? section.heading
    if (behind !== undefined) yield inserted(text, behind.end, line, eol)
    else yield inserted(text, startOfNext(sections, text), line, eol)
  }
  const off = sections.find(({ name, isOn }) => !isOn && name === key.table)
  if (off?.heading !== undefined) {
    const shown = shownLine(off, key)
    const heading = `[${key.table}]${endOf(text, off.heading)}`
    if (shown === undefined) yield replaced(text, off.heading, `${heading}${line}${eol}`)
    else yield replaced(replaced(text, shown, line + endOf(text, shown)), off.heading, heading)
  }
  if (key.table === "") return
  const top = sections[0]?.items.findLast(({ kind }) => kind === "pair")
  // Where the table is written as dotted keys, it has no heading.
  if (top !== undefined) yield inserted(text, top.end, `${key.table}.${line}`, eol)
  yield inserted(text, text.length, `${text.trim() === "" ? "" : eol}[${key.table}]${eol}${line}`, eol)
}

/** The first text that reads as expected; an empty table is as good as none. */
function firstThatSays(expected: TomlTable, texts: Iterable<string>, maybeEmpty = ""): string | null {
  for (const text of texts) {
    try {
      const table = parse(text)
      if (isSame(lean(table, maybeEmpty), lean(expected, maybeEmpty))) return text
    } catch {
      // not TOML any more
    }
  }
  return null
}

/** The reader's tables have no prototype, ours do. */
function isSame(a: TomlTable, b: TomlTable): boolean {
  return isDeepStrictEqual(structuredClone(a), structuredClone(b))
}

function lean(table: TomlTable, name: string): TomlTable {
  const inside = tableIn(table, name)
  if (inside === undefined || Object.keys(inside).length > 0) return table
  return Object.fromEntries(Object.entries(table).filter(([key]) => key !== name))
}

/** Part of a file below a heading, or above the first. */
interface Section {
  /** Empty for the top. */
  readonly name: string
  /** False: its heading is commented out, as in the template. */
  readonly isOn: boolean
  readonly heading: TomlItem | undefined
  readonly items: TomlItem[]
}

function sectionsOf(items: readonly TomlItem[]): Section[] {
  const sections: Section[] = [{ name: "", isOn: true, heading: undefined, items: [] }]
  for (const item of items) {
    const off = item.kind === "text" ? /^# \[(\w+)\]$/.exec(item.line)?.[1] : undefined
    if (item.kind === "heading") {
      sections.push({ name: item.path.join("."), isOn: true, heading: item, items: [] })
    } else if (off === undefined) sections.at(-1)?.items.push(item)
    else sections.push({ name: off, isOn: false, heading: item, items: [] })
  }
  return sections
}

/** Lines of the template that show a default, by their settings. */
const TEMPLATE_LINES: ReadonlyMap<string, string> = new Map(
  sectionsOf(tomlItems(CONFIG_TEMPLATE)).flatMap(({ name: table, items }) =>
    items.flatMap((item): [string, string][] => {
      const name = item.kind === "text" ? /^# (\w+) = /.exec(item.line)?.[1] : undefined
      return name === undefined || item.kind !== "text" ? [] : [[idOf({ table, name }), item.line]]
    }),
  ),
)

/** The template's line of a setting, as long as it is as the template has it: another comment is the user's. */
function shownLine({ items }: Section, key: ConfigKey): TomlItem | undefined {
  const shown = TEMPLATE_LINES.get(idOf(key))
  return shown === undefined ? undefined : items.find((item) => item.kind === "text" && item.line === shown)
}

function idOf({ table, name }: ConfigKey): string {
  return table === "" ? name : `${table}.${name}`
}

function pairOf(items: readonly TomlItem[], { table, name }: ConfigKey): TomlPair | undefined {
  const path = table === "" ? [name] : [table, name]
  return items.find((item): item is TomlPair => item.kind === "pair" && isDeepStrictEqual(item.path, path))
}

function put(top: TomlTable, { table, name }: ConfigKey, value: ConfigValue): void {
  const own = typeof value === "object" ? [...value] : value
  if (table === "") top[name] = own
  else top[table] = { ...tableIn(top, table), [name]: own }
}

function tableIn(top: TomlTable, name: string): TomlTable | undefined {
  const inside = top[name]
  return typeof inside === "object" && !Array.isArray(inside) && !(inside instanceof Date) ? inside : undefined
}

function replaced(text: string, { start, end }: TomlItem, by: string): string {
  return text.slice(0, start) + by + text.slice(end)
}

/** Puts a line there, after an end of line that the text before may lack. */
function inserted(text: string, at: number, line: string, eol: string): string {
  const before = text.slice(0, at)
  const gap = before === "" || before.endsWith("\n") ? "" : eol
  return `${before}${gap}${line}${eol}${text.slice(at)}`
}

/** Before the comment of the first heading; the end, where there is none. */
function startOfNext(sections: readonly Section[], text: string): number {
  const next = sections[1]?.heading
  if (next === undefined) return text.length
  let { start } = next
  for (const item of (sections[0]?.items ?? []).toReversed()) {
    if (item.kind !== "text" || item.line.trim() === "") break
    start = item.start
  }
  return start
}

function endOfLine(text: string): string {
  return /\r\n/.test(text) ? "\r\n" : "\n"
}

/** The end of line that the item has; none at the end of the file. */
function endOf(text: string, { start, end }: TomlItem): string {
  return /\r?\n$/.exec(text.slice(start, end))?.[0] ?? ""
}
