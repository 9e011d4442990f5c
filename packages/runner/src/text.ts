/** The end of `text` in at most `maxBytes` bytes of UTF-8, beginning at a whole character. */
export function utf8Tail(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let start = bytes.length - maxBytes
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++
  return bytes.subarray(start).toString()
}

/** The beginning of `text` in at most `maxBytes` bytes of UTF-8, ending at a whole character. */
export function utf8Head(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end).toString()
}

/** Foreign text as one short line without control characters. */
export function oneLine(text: string, maxBytes = 300): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return utf8Head(text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim(), maxBytes)
}

/** The line of a program's output that most likely says what went wrong: the last that names an error, else the last. */
export function tellingLine(output: string): string {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== "")
  return oneLine(lines.findLast((line) => /error|exception|fail|bwrap:|cannot/i.test(line)) ?? lines.at(-1) ?? "")
}
