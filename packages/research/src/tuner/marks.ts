/** What a constant may be. */
export type Domain =
  | {
      readonly kind: "range"
      readonly low: number
      readonly high: number
      readonly scale: "linear" | "log"
      /** Distance between allowed values, counted from `low`; null where any value is allowed. */
      readonly step: number | null
    }
  | { readonly kind: "choice"; readonly options: readonly string[] }

export type TunedValue = number | string

const RELATIONS = ["=", "!=", "<", ">"] as const

/** What another constant must be for this one to have an effect: `when ARCHITECTURE = transformer`. */
export interface Condition {
  /** A constant marked before this one, in the same file. */
  readonly name: string
  readonly relation: (typeof RELATIONS)[number]
  /** One of them with `=`, none of them with `!=`; a single number with `<` and `>`. */
  readonly values: readonly TunedValue[]
}

/** A constant marked as open to tuning: `const RATE = 0.01 // @tune 0.001..0.1 log`. */
export interface Tunable {
  readonly name: string
  readonly value: TunedValue
  readonly domain: Domain
  /** Null where it always has an effect. It has none, too, where the constant named has none itself. */
  readonly when: Condition | null
  /** Where its literal stands in the text: the first character, and the one after the last. */
  readonly start: number
  readonly end: number
}

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`
const WORD = "[A-Za-z0-9_.-]+"
// `NAME = literal` as JavaScript and Python write it, and the mark in the comment behind it.
const MARKED = new RegExp(
  String.raw`^(?<head>[ \t]*(?:export[ \t]+)?(?:(?:const|let|var)[ \t]+)?(?<name>[A-Za-z_$][\w$]*)[ \t]*=[ \t]*)` +
    String.raw`(?<literal>${NUMBER}|"${WORD}"|'${WORD}')[ \t]*;?[ \t]*(?:\/\/|#)[ \t]*@tune[ \t]+(?<mark>\S.*?)[ \t]*\r?$`,
)
/** Longer lines hold no mark: programs come from strangers, and matching must stay cheap. */
const MAX_LINE = 500
const IS_NUMBER = new RegExp(`^${NUMBER}$`)
const RANGE = new RegExp(String.raw`^(${NUMBER})\.\.(${NUMBER})(?:[ \t]+(log)|[ \t]+step[ \t]+(${NUMBER}))?$`)
const CHOICE = new RegExp(String.raw`^${WORD}(?:[ \t]*\|[ \t]*${WORD})+$`)
const WHEN = new RegExp(
  String.raw`[ \t]+when[ \t]+(?<name>[A-Za-z_$][\w$]*)[ \t]*(?<relation>!=|=|<|>)[ \t]*(?<words>[-+]?${WORD}(?:[ \t]*\|[ \t]*[-+]?${WORD})*)$`,
)

/**
 * The marked constants of a program's text, in its order. After `@tune` stands `LOW..HIGH`, with `log` for a range
 * searched by ratio or `step N` for one of equal steps from LOW, or words with `|` between them; then, for a constant
 * that does not always have an effect, `when NAME = WORD`, `= WORD | WORD`, `!= WORD`, `< N` or `> N`, where NAME is
 * marked before it. A mark that cannot be read, or whose constant lies outside it, is passed over, as is a name that
 * comes twice.
 */
export function parseTunables(text: string): Tunable[] {
  const found = new Map<string, Marked | null>()
  for (const { line, index } of linesWith("@tune", text)) {
    const match = line.length <= MAX_LINE ? MARKED.exec(line) : null
    if (match === null) continue
    const { head = "", name = "", literal = "", mark = "" } = match.groups ?? {}
    found.set(name, found.has(name) ? null : { name, literal, mark, start: index + head.length })
  }
  const tunables = new Map<string, Tunable>()
  for (const marked of found.values()) {
    const tunable = marked === null ? null : readMark(marked, tunables)
    if (tunable !== null) tunables.set(tunable.name, tunable)
  }
  return [...tunables.values()]
}

/** The text with other values in place of the named constants'; all the rest stays as it is, byte for byte. */
export function writeTunables(text: string, values: ReadonlyMap<string, TunedValue>): string {
  let written = ""
  let copied = 0
  for (const { name, start, end } of parseTunables(text)) {
    const value = values.get(name)
    if (value === undefined) continue
    written += text.slice(copied, start) + formatLike(text.slice(start, end), value)
    copied = end
  }
  return written + text.slice(copied)
}

/** Whether a domain has a value. Steps are met to within rounding. */
export function allows(domain: Domain, value: TunedValue): boolean {
  if (domain.kind === "choice") return typeof value === "string" && domain.options.includes(value)
  if (typeof value !== "number" || value < domain.low || value > domain.high) return false
  if (domain.step === null) return true
  const steps = (value - domain.low) / domain.step
  return Math.abs(steps - Math.round(steps)) < 1e-6
}

/** The values of those constants that have an effect; `values` count in the place of what stands in the code. */
export function activeValues(
  tunables: readonly Tunable[],
  values: ReadonlyMap<string, TunedValue> = new Map(),
): Map<string, TunedValue> {
  const active = new Map<string, TunedValue>()
  for (const { name, value, when } of tunables) {
    const needed = when === null ? undefined : active.get(when.name)
    if (when === null || (needed !== undefined && holds(when, needed))) active.set(name, values.get(name) ?? value)
  }
  return active
}

function holds({ relation, values }: Condition, value: TunedValue): boolean {
  if (relation === "=" || relation === "!=") return values.includes(value) === (relation === "=")
  const [bound] = values
  return typeof value === "number" && typeof bound === "number" && (relation === "<" ? value < bound : value > bound)
}

function* linesWith(word: string, text: string): Generator<{ line: string; index: number }> {
  for (let at = text.indexOf(word), end = 0; at >= 0; at = text.indexOf(word, end)) {
    const index = text.lastIndexOf("\n", at) + 1
    const next = text.indexOf("\n", at)
    end = next < 0 ? text.length : next
    yield { line: text.slice(index, end), index }
  }
}

interface Marked {
  readonly name: string
  readonly literal: string
  readonly mark: string
  readonly start: number
}

function readMark({ name, literal, mark, start }: Marked, before: ReadonlyMap<string, Tunable>): Tunable | null {
  const clause = WHEN.exec(mark)
  const domain = parseDomain(clause === null ? mark : mark.slice(0, clause.index))
  const value = domain === null ? null : valueIn(domain, literal)
  const when = clause === null ? null : readCondition(clause.groups ?? {}, before)
  if (domain === null || value === null || (clause !== null && when === null)) return null
  return { name, value, domain, when, start, end: start + literal.length }
}

function readCondition(
  { name = "", relation: sign = "", words = "" }: Record<string, string>,
  before: ReadonlyMap<string, Tunable>,
): Condition | null {
  const domain = before.get(name)?.domain
  const relation = RELATIONS.find((known) => known === sign)
  if (domain === undefined || relation === undefined) return null
  const values = words.split("|").map((word) => (domain.kind === "choice" ? word.trim() : numberOf(word.trim())))
  const compares = relation === "<" || relation === ">"
  const sound = compares
    ? domain.kind === "range" && values.length === 1 && typeof values[0] === "number"
    : values.every((value) => value !== null && allows(domain, value))
  return sound ? { name, relation, values: values.filter((value) => value !== null) } : null
}

function numberOf(word: string): number | null {
  return IS_NUMBER.test(word) ? Number(word) : null
}

/** What a literal means in its domain; null where it does not belong there, or another could not take its place. */
function valueIn(domain: Domain, literal: string): TunedValue | null {
  const quoted = /^["']/.test(literal)
  const value = quoted ? literal.slice(1, -1) : domain.kind === "choice" ? literal : Number(literal)
  const replaceable = quoted || domain.kind === "range" || domain.options.every((option) => IS_NUMBER.test(option))
  return replaceable && allows(domain, value) ? value : null
}

function parseDomain(mark: string): Domain | null {
  const range = RANGE.exec(mark)
  if (range !== null) {
    const [low, high] = [Number(range[1]), Number(range[2])]
    const scale = range[3] === undefined ? "linear" : "log"
    const step = range[4] === undefined ? null : Number(range[4])
    const sound = low < high && (scale === "linear" || low > 0) && (step === null || (step > 0 && step <= high - low))
    return sound && Number.isFinite(high - low) ? { kind: "range", low, high, scale, step } : null
  }
  if (!CHOICE.test(mark)) return null
  const options = mark.split("|").map((option) => option.trim())
  return new Set(options).size === options.length ? { kind: "choice", options } : null
}

function formatLike(literal: string, value: TunedValue): string {
  const quote = /^["']/.exec(literal)?.[0] ?? ""
  return `${quote}${value}${quote}`
}
