import { textWidth } from "../output/text-width.ts"

/** The terminal as the screen needs it. */
export interface Terminal {
  write(text: string): void
  size(): { columns: number; rows: number }
}

/**
 * A region at the bottom of a terminal that is redrawn in place, with lines above it that stay. The cursor rests on
 * the region's last line, so that the terminal's own scrolling keeps what is above.
 */
export interface Screen {
  /** Puts `above` for good above the region and shows `region`, of which only what changed is written. */
  update(above: readonly string[], region: readonly string[]): void
  /** Draws all lines anew with the next update: the terminal may show something else than was drawn. */
  invalidate(): void
  /** Removes the region and shows the cursor again. */
  close(): void
}

const HIDE_CURSOR = "\u001b[?25l"
const SHOW_CURSOR = "\u001b[?25h"
/** Lines wider than the terminal are cut, whatever it takes for the width of a character. */
const NO_WRAP = "\u001b[?7l"
const WRAP = "\u001b[?7h"
const CLEAR_LINE_END = "\u001b[K"
const CLEAR_BELOW = "\u001b[J"

export function createScreen(terminal: Terminal): Screen {
  let drawn: readonly string[] = []
  let drawnColumns = terminal.size().columns
  let isStale = false
  let isOpen = false

  /** Rows the region takes now: terminals break lines anew when they get narrower. */
  function rowsTaken(): number {
    const { columns } = terminal.size()
    if (columns >= drawnColumns) return drawn.length
    return drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / columns)), 0)
  }

  /** Only the lines that differ. */
  function patch(region: readonly string[]): string {
    let text = ""
    for (const [i, line] of region.entries()) {
      if (line === drawn[i]) continue
      const up = region.length - 1 - i
      text += `${moved(up, "A")}\r${line}${CLEAR_LINE_END}${moved(up, "B")}\r`
    }
    return text === "" ? "" : NO_WRAP + text + WRAP
  }

  function repaint(above: readonly string[], region: readonly string[]): string {
    // Rows that a narrower terminal broke count as one line for it until they are cleared.
    const fresh = terminal.size().columns === drawnColumns ? "" : CLEAR_BELOW
    const stays = above.map((line) => `${line}${CLEAR_LINE_END}\r\n`).join("")
    const changes = region.map((line) => `${line}${CLEAR_LINE_END}`).join("\r\n")
    return `${moved(rowsTaken() - 1, "A")}\r${fresh}${stays}${NO_WRAP}${changes}${WRAP}${CLEAR_BELOW}\r`
  }

  return {
    update: (above, region) => {
      const { columns } = terminal.size()
      const isSamePlace = columns === drawnColumns && region.length === drawn.length && !isStale
      const text = isSamePlace && above.length === 0 ? patch(region) : repaint(above, region)
      if (text !== "") terminal.write(isOpen ? text : HIDE_CURSOR + text)
      drawn = [...region]
      drawnColumns = columns
      isStale = false
      isOpen = true
    },
    invalidate: () => {
      isStale = true
    },
    close: () => {
      if (!isOpen) return
      terminal.write(`${moved(rowsTaken() - 1, "A")}\r${CLEAR_BELOW}${SHOW_CURSOR}`)
      drawn = []
      isOpen = false
    },
  }
}

function moved(rows: number, direction: "A" | "B"): string {
  return rows > 0 ? `\u001b[${rows}${direction}` : ""
}
