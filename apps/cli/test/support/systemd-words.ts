/**
 * The words of an ExecStart line as systemd reads them, after its manual (systemd.service, "Command lines") and
 * extract-word.c: white space parts words, quotation marks join them, backslashes escape, % begins a specifier, and in
 * all words but the first $ a variable. Written apart from what writes such lines.
 *
 * @throws Error for what systemd refuses, and for specifiers and variables: none is meant to be there
 */
export function systemdWords(line: string): string[] {
  const words = split(line)
  return words.map((word, i) => {
    const text = word.replaceAll(/%(.?)/gs, (_, specifier: string) => {
      if (specifier === "%") return "%"
      throw new Error(`a specifier in ${word}`)
    })
    if (i === 0) return text
    return text.replaceAll(/\$(.?)/gs, (_, next: string) => {
      if (next === "$") return "$"
      throw new Error(`a variable in ${word}`)
    })
  })
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
}

function split(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  let at = 0
  while (at < line.length) {
    const character = line[at] ?? ""
    if (character === "\n") throw new Error("the line ends within the command")
    if (character === "\\") {
      const { text, length } = unescaped(line.slice(at))
      word = (word ?? "") + text
      at += length
      continue
    }
    at++
    if (quote !== null) {
      if (character === quote) quote = null
      else word = (word ?? "") + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ""
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === ";" && word === null && /^(\s|$)/.test(line.slice(at))) {
      throw new Error("a second command")
    } else word = (word ?? "") + character
  }
  if (quote !== null) throw new Error("a quotation mark without its end")
  if (word !== null) words.push(word)
  return words
}

function unescaped(text: string): { text: string; length: number } {
  const letter = text[1] ?? ""
  const simple = ESCAPES[letter]
  if (simple !== undefined) return { text: simple, length: 2 }
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(text)?.[1]
  if (hex === undefined) throw new Error(`an escape that systemd does not know: ${text.slice(0, 4)}`)
  // Bytes above are parts of characters in UTF-8, and 0 ends the line.
  const code = Number.parseInt(hex, 16)
  if (code === 0 || code > 127) throw new Error(`a byte that is no character: ${hex}`)
  return { text: String.fromCharCode(code), length: 4 }
}
