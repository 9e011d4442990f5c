import { z } from "zod"

const numbers = z.array(z.number())
const ids = z.array(z.string())

/** Reads a column that holds a JSON list of numbers. */
export function numberList(json: string): number[] {
  return numbers.parse(JSON.parse(json))
}

/** Reads a column that holds a JSON list of ids. */
export function idList(json: string): string[] {
  return ids.parse(JSON.parse(json))
}
