import { isSporeError, type RecordErrorCode, type SignedObject, type SporeError } from "@spore/records"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import type { FactSource } from "../transport.ts"

/** Invalid facts a peer may send before its session is ended at once. */
const MAX_REFUSED = 16

export interface GateInit {
  facts: FactSource
  /** Node id of the peer. */
  from: string
  limits: TransportLimits
  /** Told of an object that was not kept, though nothing is wrong with it. */
  onNotKept?: (object: SignedObject) => void
}

/** Where facts of one peer come in: everything is checked, the good is stored, the bad is counted. */
export interface Gate {
  /**
   * The valid objects among what was sent for a log, in order.
   *
   * @throws SporeError `protocol_violation` at too many that are invalid
   */
  open(log: string, envelopes: readonly Uint8Array[]): Promise<SignedObject[]>
  /** Stores them durably. @returns how many are held now, whether or not they were before */
  store(objects: readonly SignedObject[]): Promise<number>
  /** Facts stored or kept aside so far. */
  readonly received: number
  /** Whether tasks were among them. */
  readonly tasks: boolean
  /** @throws SporeError `protocol_violation` where any was invalid */
  finish(): void
}

export function createGate({ facts, from, limits, onNotKept }: GateInit): Gate {
  let refused = 0
  let received = 0
  let tasks = false
  let secondSteps = limits.syncSecondSteps
  const maySecondStep = (): boolean => secondSteps-- > 0

  function refuse(cause?: SporeError): void {
    if (++refused > MAX_REFUSED) throw transportError("protocol_violation", "facts that are not valid", { cause })
  }

  return {
    open: async (log, envelopes) => {
      const opened = await facts.open(log, envelopes, { maySecondStep })
      const objects: SignedObject[] = []
      for (const result of opened) {
        if (!isSporeError(result)) objects.push(result)
        // A kind of newer nodes, or a signature that was not checked to the end, is nobody's fault.
        else if (
          !isSporeError<RecordErrorCode | "undecided_signature">(result, "unknown_kind", "undecided_signature")
        ) {
          refuse(result)
        }
      }
      return objects
    },
    store: async (objects) => {
      if (objects.length === 0) return 0
      const verdicts = await facts.receive(objects, from)
      let held = 0
      for (const [i, object] of objects.entries()) {
        const verdict = verdicts[i] ?? "ignored"
        if (verdict === "invalid") refuse()
        if (verdict === "stored" || verdict === "known") held++
        if (verdict === "stored" || verdict === "pending") received++
        if (verdict === "stored" && object.kind === "task") tasks = true
        if (verdict === "pending" || verdict === "ignored") onNotKept?.(object)
      }
      return held
    },
    get received() {
      return received
    },
    get tasks() {
      return tasks
    },
    finish: () => {
      if (refused > 0) throw transportError("protocol_violation", `${refused} facts that are not valid`)
    },
  }
}
