import { excerpt } from "@spore/records"
import { refuse } from "../errors.ts"
import type { PyJson, PyObject } from "./value.ts"

/** Nesting of lists and objects beyond this is refused. */
export const MAX_JSON_DEPTH = 32
/** Python refuses to convert longer integers. */
const MAX_INTEGER_DIGITS = 4300

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Reads JSON as Python's `json.loads` does: NaN, Infinity and -Infinity are numbers, of equal keys the last one wins,
 * lone surrogates may be escaped.
 *
 * @throws SporeError `bad_json`, `too_deep`
 */
export function parsePythonJson(json: string | Uint8Array): PyJson {
  return new Reader(textOf(json)).readToEnd()
}

function textOf(json: string | Uint8Array): string {
  if (typeof json === "string") {
    if (!json.isWellFormed()) throw refuse("bad_json", "the text has a lone surrogate")
    return json
  }
  try {
    return utf8.decode(json)
  } catch (error) {
    throw refuse("bad_json", "not UTF-8", error)
  }
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const WORDS: ReadonlyMap<string, PyJson> = new Map<string, PyJson>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
])
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readToEnd(): PyJson {
    this.#match(SPACE)
    const value = this.#value(0)
    this.#match(SPACE)
    if (this.#at !== this.#text.length) throw this.#unexpected()
    return value
  }

  #value(depth: number): PyJson {
    if (depth > MAX_JSON_DEPTH) throw refuse("too_deep", `nested deeper than ${MAX_JSON_DEPTH}`)
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === "{") return this.#object(depth)
    if (first === "[") return this.#list(depth)
    const word = this.#word()
    return word === undefined ? this.#number() : word
  }

  #object(depth: number): PyObject {
    const members: PyObject = new Map()
    this.#open()
    if (this.#accept("}")) return members
    do {
      this.#match(SPACE)
      if (this.#text[this.#at] !== '"') throw this.#unexpected()
      const key = this.#string()
      this.#match(SPACE)
      if (!this.#accept(":")) throw this.#unexpected()
      this.#match(SPACE)
      members.set(key, this.#value(depth + 1))
      this.#match(SPACE)
    } while (this.#accept(","))
    if (!this.#accept("}")) throw this.#unexpected()
    return members
  }

  #list(depth: number): PyJson[] {
    const items: PyJson[] = []
    this.#open()
    if (this.#accept("]")) return items
    do {
      this.#match(SPACE)
      items.push(this.#value(depth + 1))
      this.#match(SPACE)
    } while (this.#accept(","))
    if (!this.#accept("]")) throw this.#unexpected()
    return items
  }

  /** Of strings both languages have the same notion, escaped lone surrogates included: the engine reads them. */
  #string(): string {
    const token = this.#text.slice(this.#at, this.#endOfString())
    try {
      const text: unknown = JSON.parse(token)
      if (typeof text !== "string") throw this.#unexpected()
      this.#at += token.length
      return text
    } catch {
      throw this.#unexpected()
    }
  }

  /** Just after the first quote that no backslash escapes. */
  #endOfString(): number {
    for (let quote = this.#at; ;) {
      quote = this.#text.indexOf('"', quote + 1)
      if (quote === -1) throw this.#unexpected()
      let backslashes = 0
      while (this.#text[quote - 1 - backslashes] === "\\") backslashes++
      if (backslashes % 2 === 0) return quote + 1
    }
  }

  /** A constant; `undefined` where there is none. */
  #word(): PyJson | undefined {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return undefined
  }

  #number(): PyJson {
    NUMBER.lastIndex = this.#at
    const found = NUMBER.exec(this.#text)
    if (found === null) throw this.#unexpected()
    const [token, whole = "", fraction, exponent] = found
    this.#at += token.length
    if (fraction !== undefined || exponent !== undefined) return Number(token)
    if (whole.length > MAX_INTEGER_DIGITS) throw refuse("bad_json", "an integer too long to read")
    return BigInt(whole)
  }

  #open(): void {
    this.#at++
    this.#match(SPACE)
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    this.#at += found?.length ?? 0
    return found
  }

  #unexpected(): Error {
    const where = this.#text.slice(this.#at, this.#at + 20)
    return refuse("bad_json", `not JSON at character ${this.#at}${where === "" ? "" : `: ${excerpt(where)}`}`)
  }
}
