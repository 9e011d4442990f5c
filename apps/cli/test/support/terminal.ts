import picocolors from "picocolors"
import type { Output } from "../../src/context.ts"

/** A terminal in memory: what its screen and scrollback show after everything written to it. */
export interface FakeTerminal {
  readonly output: Output
  /** All lines from the first on, without trailing spaces and trailing empty lines. */
  lines(): string[]
  /** Text written since the last call. */
  taken(): string
  resize(columns: number, rows: number): void
}

/** Understands what the screen uses: CR, LF, cursor up and down, clearing, wrap mode, cursor visibility, colours. */
export function fakeTerminal(columns = 80, rows = 24): FakeTerminal {
  let size = { columns, rows }
  let cells: string[][] = [[]]
  let row = 0
  let column = 0
  let wraps = true
  let written = ""
  const listeners = new Set<() => void>()

  function line(index: number): string[] {
    while (cells.length <= index) cells.push([])
    return cells[index] ?? []
  }

  function put(character: string): void {
    if (column >= size.columns) {
      if (wraps) {
        row++
        column = 0
      } else column = size.columns - 1
    }
    const target = line(row)
    while (target.length < column) target.push(" ")
    target[column] = character
    column++
  }

  function control(final: string, argument: string): void {
    const number = Number(argument === "" ? 1 : argument)
    if (final === "A") row = Math.max(0, row - number)
    else if (final === "B") row += number
    else if (final === "K") cells[row] = line(row).slice(0, column)
    else if (final === "J") {
      cells[row] = line(row).slice(0, column)
      cells = cells.slice(0, row + 1)
    } else if (final === "h" && argument === "?7") wraps = true
    else if (final === "l" && argument === "?7") wraps = false
    else if (!"hlm".includes(final)) throw new Error(`unknown control sequence ${argument}${final}`)
  }

  function write(text: string): void {
    written += text
    for (let i = 0; i < text.length;) {
      // oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
      const sequence = /^\u001b\[([?\d;]*)([A-Za-z])/.exec(text.slice(i, i + 16))
      if (sequence !== null) {
        control(sequence[2] ?? "", sequence[1] ?? "")
        i += sequence[0].length
        continue
      }
      const character = text[i] ?? ""
      if (character === "\r") column = 0
      else if (character === "\n") {
        row++
        column = 0
        line(row)
      } else put(character)
      i++
    }
  }

  return {
    output: {
      print: (text) => write(`${text}\n`),
      tell: (text) => write(`${text}\n`),
      write,
      isTerminal: true,
      colours: picocolors.createColors(false),
      size: () => size,
      onResize: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      onClosed: () => () => undefined,
    },
    lines: () => {
      const shown = cells.map((each) => each.join("").trimEnd())
      while (shown.at(-1) === "") shown.pop()
      return shown
    },
    taken: () => {
      const text = written
      written = ""
      return text
    },
    resize: (newColumns, newRows) => {
      size = { columns: newColumns, rows: newRows }
      for (const listener of listeners) listener()
    },
  }
}
