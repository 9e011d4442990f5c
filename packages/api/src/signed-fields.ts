import { z } from "zod"
import type { SignedValue } from "./dto/index.ts"

const objectSchema = z.record(z.string(), z.unknown())
const plainSchema = z.union([z.string(), z.number(), z.boolean(), z.null()])
const eventSchema = z.object({ payload: z.object({ experiment_id: z.string() }) })

/** The fields of a payload in JSON, as objects of the 0.6 network have it; what is nested as JSON text. */
export function signedFields(payload: Uint8Array): Record<string, SignedValue> | null {
  const fields = objectSchema.safeParse(jsonIn(payload))
  if (!fields.success) return null
  return Object.fromEntries(
    Object.entries(fields.data).map(([name, field]) => {
      const plain = plainSchema.safeParse(field)
      return [name, plain.success ? plain.data : JSON.stringify(field)]
    }),
  )
}

/** The experiment that a control event of the 0.6 network is about; null for anything else. */
export function namedExperiment(payload: Uint8Array): string | null {
  const event = eventSchema.safeParse(jsonIn(payload))
  return event.success ? event.data.payload.experiment_id : null
}

function jsonIn(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
