/** What a signature is checked with: a key of 32 bytes, a signature of 64. */
export interface SignedMessage {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}
