import { utf8Tail } from "../text.ts"

/** Lines are cut here, and so much is kept of the end. */
const KEPT_BYTES = 64 * 1024
/** A job that writes more than this to stdout and stderr is stopped … */
const MAX_STREAM_MIB = 16
const MAX_STREAM_BYTES = MAX_STREAM_MIB * 1024 * 1024
/** … for this reason. */
export const FLOOD: readonly ["limit", string] = ["limit", `printed more than ${MAX_STREAM_MIB} MiB`]

const LF = 0x0a
const CR = 0x0d

/** What a job prints: handed on line by line, its end kept, its amount bounded. */
export interface OutputReader {
  push: (chunk: Buffer) => void
  /** The last 64 KiB. */
  tail(): string
}

/** Reads a job's output. A carriage return ends a line too, since progress bars use it. */
export function createOutputReader(init: {
  onLine: ((line: string) => void) | undefined
  /** Called once, when more than 16 MiB came; what comes after is dropped. */
  onFlood: () => void
}): OutputReader {
  let total = 0
  let kept: Buffer[] = []
  let keptBytes = 0
  let line: Buffer[] = []
  let lineBytes = 0
  let lastByte = 0

  const extendLine = (piece: Buffer): void => {
    const fitting = piece.subarray(0, KEPT_BYTES - lineBytes)
    if (fitting.length === 0) return
    line.push(fitting)
    lineBytes += fitting.length
  }
  const endLine = (): void => {
    init.onLine?.(Buffer.concat(line).toString())
    line = []
    lineBytes = 0
  }

  return {
    push(chunk) {
      if (total > MAX_STREAM_BYTES) return
      total += chunk.length
      if (total > MAX_STREAM_BYTES) {
        init.onFlood()
        return
      }
      kept.push(chunk)
      keptBytes += chunk.length
      if (keptBytes > 4 * KEPT_BYTES) {
        kept = [Buffer.from(Buffer.concat(kept).subarray(-KEPT_BYTES - 8))]
        keptBytes = KEPT_BYTES + 8
      }
      let start = 0
      let lf = chunk.indexOf(LF)
      let cr = chunk.indexOf(CR)
      while (lf !== -1 || cr !== -1) {
        const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf
        extendLine(chunk.subarray(start, end))
        const afterCr = (end === 0 ? lastByte : chunk[end - 1]) === CR
        if (!(end === lf && afterCr)) endLine()
        start = end + 1
        if (end === lf) lf = chunk.indexOf(LF, start)
        else cr = chunk.indexOf(CR, start)
      }
      extendLine(chunk.subarray(start))
      lastByte = chunk.at(-1) ?? lastByte
    },
    tail: () => utf8Tail(Buffer.concat(kept).toString(), KEPT_BYTES),
  }
}
