/** Which part of a text that is too long stays: both ends, its beginning, its end. */
export type Keep = "ends" | "start" | "end"

const SHARE_OF_START = { ends: 0.5, start: 1, end: 0 }
/** Less than this holds no mark. */
const LEAST = 64

/** `text` in at most `bytes` bytes of UTF-8: whole lines where it has some, a mark where something is left out. */
export function cut(text: string, bytes: number, keep: Keep): string {
  const all = Buffer.from(text)
  if (all.length <= bytes) return text
  if (bytes < LEAST) return head(all, bytes)
  const room = bytes - markOf(all.length).length
  const start = wholeLines(head(all, Math.floor(room * SHARE_OF_START[keep])), "start")
  const end = wholeLines(tail(all, Math.floor(room * (1 - SHARE_OF_START[keep]))), "end")
  return `${start}${markOf(all.length - Buffer.byteLength(start) - Buffer.byteLength(end))}${end}`
}

function markOf(left: number): string {
  return `\n[... ${left} bytes left out ...]\n`
}

function head(all: Buffer, bytes: number): string {
  let end = bytes
  while (end > 0 && isInner(all[end])) end--
  return all.subarray(0, end).toString()
}

function tail(all: Buffer, bytes: number): string {
  let start = all.length - bytes
  while (isInner(all[start])) start++
  return all.subarray(start).toString()
}

/** Whether a byte continues a character. */
function isInner(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** Leaves out the piece of a line at the cut, unless that is more than half of the text. */
function wholeLines(text: string, side: "start" | "end"): string {
  const at = side === "start" ? text.lastIndexOf("\n") : text.indexOf("\n")
  if (at === -1) return text
  const whole = side === "start" ? text.slice(0, at) : text.slice(at + 1)
  return whole.length * 2 < text.length ? text : whole
}
