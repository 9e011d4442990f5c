/** A number of 256 bits, eight words of 32 bits, lowest first. */
export type Sum = Uint32Array

const WORDS = 8
const WORD = 2 ** 32

export function zeroSum(): Sum {
  return new Uint32Array(WORDS)
}

/** Adds a digest, read as a little-endian number, modulo 2^256. */
export function addDigest(sum: Sum, bytes: Uint8Array, at: number): void {
  let carry = 0
  for (let word = 0; word < WORDS; word++) {
    const total = (sum[word] ?? 0) + wordAt(bytes, at + 4 * word) + carry
    sum[word] = total
    carry = total >= WORD ? 1 : 0
  }
}

/** Adds another sum modulo 2^256. */
export function addSum(sum: Sum, other: Sum): void {
  let carry = 0
  for (let word = 0; word < WORDS; word++) {
    const total = (sum[word] ?? 0) + (other[word] ?? 0) + carry
    sum[word] = total
    carry = total >= WORD ? 1 : 0
  }
}

/** Takes another sum away modulo 2^256. */
export function subtractSum(sum: Sum, other: Sum): void {
  let borrow = 0
  for (let word = 0; word < WORDS; word++) {
    const total = (sum[word] ?? 0) - (other[word] ?? 0) - borrow
    sum[word] = total
    borrow = total < 0 ? 1 : 0
  }
}

/** Little-endian, 32 bytes. */
export function sumBytes(sum: Sum): Uint8Array {
  const bytes = new Uint8Array(4 * WORDS)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of sum.entries()) view.setUint32(4 * i, word, true)
  return bytes
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  )
}
