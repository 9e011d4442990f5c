const utf8 = new TextEncoder()

/** The beginning of a text, at most `maxBytes` bytes of UTF-8, without the NUL that some databases cannot hold. */
export function cut(text: string, maxBytes: number): string {
  const clean = text.replaceAll("\u0000", "\uFFFD")
  if (clean.length * 3 <= maxBytes) return clean
  const { read } = utf8.encodeInto(clean, new Uint8Array(maxBytes))
  return clean.slice(0, read)
}

/** The first line of a text, cut. */
export function title(text: string, maxBytes: number): string {
  return cut(text.trimStart().split(/[\n\r]/, 1)[0] ?? "", maxBytes)
}
