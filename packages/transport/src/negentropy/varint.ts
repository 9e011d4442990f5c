/** Base-128 digits, most significant first, the high bit set on all but the last. @param value from 0 to 2^64 − 1 */
export function varint(value: number | bigint): Uint8Array {
  const digits = [Number(BigInt(value) & 0x7fn)]
  for (let rest = BigInt(value) >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80)
  return Uint8Array.from(digits)
}
