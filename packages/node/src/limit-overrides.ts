import { HOME_LIMITS, type TransportLimits } from "@spore/transport/limits"
import { z } from "zod"

/** Largest delay that a timer takes, in milliseconds. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The name of a limit in settings: `maxConnections` is `max_connections`. */
export function limitKey(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const names = new Map(Object.keys(HOME_LIMITS).map((name) => [limitKey(name), name]))

/** All limits as settings name them. */
export const limitKeys: readonly string[] = [...names.keys()]

/** Limits that a keeper sets, by their names in settings: whole numbers of at least 1. */
export const limitOverrides: z.ZodType<Partial<TransportLimits>> = z
  .strictObject(Object.fromEntries(limitKeys.map((key) => [key, limitValue(key).optional()])))
  .transform(byOwnName)

function byOwnName(values: Readonly<Record<string, number | undefined>>): Partial<TransportLimits> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [names.get(key) ?? key, value]))
}

function limitValue(key: string): z.ZodType<number> {
  const most = key.endsWith("_ms") ? MAX_DELAY_MS : Number.MAX_SAFE_INTEGER
  return z.number().int().min(1).max(most)
}
