import { expect } from "vitest"
import { z } from "zod"

/** Stands for a text that holds this string, or matches. */
export function like(pattern: string | RegExp): unknown {
  return typeof pattern === "string" ? expect.stringContaining(pattern) : expect.stringMatching(pattern)
}

/** Stands for any number. */
export function anyNumber(): unknown {
  return expect.any(Number)
}

const objectSchema = z.record(z.string(), z.unknown())

/** A JSON object. */
export function jsonObject(json: string): Record<string, unknown> {
  return objectSchema.parse(JSON.parse(json))
}
