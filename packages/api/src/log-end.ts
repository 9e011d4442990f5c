/** Bytes of a log that one answer carries. */
export const MAX_LOG_END: number = 256 * 1024

/** The end of a log as text, without the rest of a character that was cut. */
export function decodeEnd(bytes: Uint8Array, truncated: boolean): string {
  const whole = truncated ? afterBrokenCharacter(bytes) : bytes
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole)
}

/** Without the rest of a UTF-8 character that was cut. */
function afterBrokenCharacter(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80)
  return start > 0 && start < 4 ? bytes.subarray(start) : bytes
}
