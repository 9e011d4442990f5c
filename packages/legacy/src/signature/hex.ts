import { fromHex } from "@spore/records"

/**
 * Hex as 0.6 reads it: either case, ASCII white space between the bytes. Null where it is none. Several texts thus
 * name one key; what identifies it are the bytes.
 */
export function parseLenientHex(text: string): Uint8Array | null {
  if (!/^(?:[\t-\r ]*[0-9a-fA-F]{2})*[\t-\r ]*$/.test(text)) return null
  return fromHex(text.replaceAll(/[\t-\r ]/g, ""))
}

/** The 32-byte key that a text names; null where it names none. */
export function parseKey(text: string): Uint8Array | null {
  // Bounds the work: a key with a space around every byte has 98 characters.
  if (text.length > 256) return null
  const bytes = parseLenientHex(text)
  return bytes?.length === 32 ? bytes : null
}

/** The 64-byte signature that a text holds; null where it holds none. */
export function parseSignature(text: string): Uint8Array | null {
  if (text.length > 512) return null
  const bytes = parseLenientHex(text)
  return bytes?.length === 64 ? bytes : null
}
