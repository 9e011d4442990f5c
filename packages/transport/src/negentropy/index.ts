/**
 * Negentropy V1: two sides find out in a few small messages in what their sets of items differ, at a cost that follows
 * the difference. Interoperable with the protocol authors' implementation; without any transport. Normative text:
 * docs/spec/11-reconciliation.md.
 *
 * @packageDocumentation
 */
export { compareEntries, DIGEST_BYTES, digestOf, ENTRY_BYTES, INFINITY, packEntry, timeOf } from "./entry.ts"
export type { NegentropyErrorCode } from "./errors.ts"
export { createItemSet, FINGERPRINT_BYTES, type ItemSet } from "./item-set.ts"
export {
  answerReconciliation,
  type Difference,
  initiateReconciliation,
  type InitiateOptions,
  MIN_FRAME_BYTES,
  type Reconciliation,
  type ReconcileOptions,
} from "./reconcile.ts"
