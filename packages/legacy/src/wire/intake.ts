import { isSporeError, messageOf, toHex } from "@spore/records"
import { refuse } from "../errors.ts"
import { type LegacyType, TASK_SIGNED_SINCE } from "../objects/families.ts"
import { badSignature, type LegacyObject } from "../objects/object.ts"
import { acceptable } from "../objects/open.ts"
import { readWireObject } from "../objects/read.ts"
import { verifyLegacySignatureAsync } from "../signature/verify.ts"
import type { LegacyVerdict } from "./facts.ts"
import { encodeObjectFrame } from "./frame.ts"
import type { LegacyFrame } from "./frame-reader.ts"
import type { LegacyWire } from "./shared.ts"

/** Objects checked and stored at once. */
const BATCH = 128

export interface IntakeInit {
  readonly wire: LegacyWire
  /** Whom what waits for an ancestor is counted for. */
  readonly from: string
  /** An object that passed the stateless step, before it is stored. */
  readonly onValid: (object: LegacyObject) => void
  readonly onVerdict: (type: LegacyType, verdict: LegacyVerdict) => void
  /** An object that was refused, with why. */
  readonly onRefused: (type: LegacyType, error: unknown) => void
  /** Storing failed: nothing more of use can come. */
  readonly onFailure: (error: Error) => void
}

/** Checks the objects a peer sends and stores them, in batches, beside the reading. */
export interface Intake {
  /** Takes the message of an object; waits while too much is not stored yet. */
  add(type: LegacyType, frame: LegacyFrame): Promise<void>
  /** Resolves when all that was added is stored or refused. */
  settled(): Promise<void>
}

interface Offered {
  readonly type: LegacyType
  readonly frame: LegacyFrame
}

interface Valid extends Offered {
  readonly object: LegacyObject
}

export function createIntake({ wire, from, onValid, onVerdict, onRefused, onFailure }: IntakeInit): Intake {
  const { facts, limits, checked, relay } = wire
  const queue: Offered[] = []
  let bytes = 0
  let working: Promise<void> | null = null
  let roomFor: (() => void) | null = null

  async function work(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH)
      await storeAll(await openAll(batch))
      for (const { frame } of batch) bytes -= frame.bytes.length
      roomFor?.()
    }
  }

  async function openAll(batch: readonly Offered[]): Promise<Valid[]> {
    const opened = await Promise.all(
      batch.map(async (offered) => {
        try {
          return { ...offered, object: await open(offered) }
        } catch (error) {
          onRefused(offered.type, error)
          return null
        }
      }),
    )
    return opened.filter((one) => one !== null)
  }

  async function open({ type, frame }: Offered): Promise<LegacyObject> {
    const read = readWireObject(frame.body, type)
    const object = acceptable(read)
    const key = `${object.id}${toHex(object.signature)}`
    if (checked.get(key) === undefined) {
      if (!(await verifyLegacySignatureAsync(object.publicKey, object.payload, object.signature))) throw badSignature()
      checked.set(key, true)
    }
    // Nobody signed the task of an experiment before version 2: who put it there may have moved it.
    const namesTask = object.kind === "legacy_experiment" && object.body.version < TASK_SIGNED_SINCE
    const isAsIs = !namesTask || (read.fields.get("task_id") ?? "") === ""
    relay.add(object.id, isAsIs ? frame.bytes : encodeObjectFrame(object))
    return object
  }

  async function storeAll(valid: readonly Valid[]): Promise<void> {
    if (valid.length === 0) return
    for (const { object } of valid) onValid(object)
    const verdicts = await facts.receive(
      valid.map(({ object }) => object),
      from,
    )
    for (const [i, { type, object }] of valid.entries()) {
      const verdict = verdicts[i] ?? "ignored"
      onVerdict(type, verdict)
      if (verdict === "invalid") onRefused(type, refuse("bad_schema", `${object.id} contradicts what it is about`))
    }
  }

  function start(): void {
    working ??= work()
      .catch((error: unknown) => {
        queue.length = 0
        bytes = 0
        roomFor?.()
        onFailure(isSporeError(error) ? error : new Error(messageOf(error), { cause: error }))
      })
      .finally(() => {
        working = null
        if (queue.length > 0) start()
      })
  }

  return {
    add: async (type, frame) => {
      queue.push({ type, frame })
      bytes += frame.bytes.length
      start()
      while (bytes > limits.unstoredBytes) {
        await new Promise<void>((resolve) => {
          roomFor = resolve
        })
      }
    },
    settled: async () => {
      for (let going = working; going !== null; going = working) await going
    },
  }
}
