import { WasmRefused } from "./errors.mjs"
import { LIMITS } from "./limits.mjs"

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Reads untrusted bytes; every length is checked against what is left. */
export class Reader {
  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   * @param {number} end
   */
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get done() {
    return this.at === this.end
  }

  byte() {
    if (this.at >= this.end) throw this.malformed("ends too early")
    return this.bytes[this.at++] ?? 0
  }

  u32() {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw this.malformed("bad number", start)
  }

  /**
   * Passes over a signed number of at most `bits`; its value does not matter here.
   *
   * @param {number} bits
   */
  skipSigned(bits) {
    const start = this.at
    for (let read = 0; read < Math.ceil(bits / 7); read++) if (this.byte() < 0x80) return
    throw this.malformed("bad number", start)
  }

  /** @param {number} count */
  take(count) {
    if (count > this.end - this.at) throw this.malformed("ends too early")
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  /** A reader of the next `count` bytes. @param {number} count */
  part(count) {
    const start = this.at
    this.take(count)
    return new Reader(this.bytes, start, this.at)
  }

  /**
   * The length of a list.
   *
   * @param {number} most
   * @param {string} what
   */
  count(most, what) {
    const start = this.at
    const count = this.u32()
    if (count > most) throw new WasmRefused("limit", `more than ${most} ${what}`, start)
    return count
  }

  name() {
    const start = this.at
    const bytes = this.take(this.count(LIMITS.nameBytes, "bytes in a name"))
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.malformed("a name is not UTF-8", start)
    }
  }

  /**
   * @param {string} message
   * @param {number} offset
   */
  malformed(message, offset = this.at) {
    return new WasmRefused("malformed", message, offset)
  }
}

/** @param {number} value */
export function u32(value) {
  const bytes = []
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0))
    value >>>= 7
  } while (value > 0)
  return bytes
}

/** A signed number, which must be one of JavaScript's 32-bit integers. @param {number} value */
export function s32(value) {
  const bytes = []
  for (;;) {
    const byte = value & 0x7f
    value >>= 7
    const last = (value === 0 && (byte & 0x40) === 0) || (value === -1 && (byte & 0x40) !== 0)
    bytes.push(last ? byte : byte | 0x80)
    if (last) return bytes
  }
}

/** @param {string} text */
export function name(text) {
  const bytes = new TextEncoder().encode(text)
  return [...u32(bytes.length), ...bytes]
}

/** @param {readonly ArrayLike<number>[]} parts */
export function concat(parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A list as the format has it: its length, then its items. @param {readonly ArrayLike<number>[]} items */
export function vector(items) {
  return concat([u32(items.length), ...items])
}

/** A function's body with its length before it. @param {readonly ArrayLike<number>[]} parts */
export function sized(parts) {
  const body = concat(parts)
  return concat([u32(body.length), body])
}
