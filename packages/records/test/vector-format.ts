/** How the files of vectors/ write bytes and are laid out: see vectors/README.md. */
import { readFileSync } from "node:fs"
import { z } from "zod"
import { toHex } from "../src/index.ts"

const words = z.string().regex(/^(([0-9a-f]{2})+(\*[1-9][0-9]*)?( (?=[0-9a-f]))?)*$/)

/** Reads bytes as the files write them: words of hex, each repeated as often as a `*` and a number after it say. */
export const hexBytes: z.ZodType<Uint8Array> = words.transform((text) => {
  const hex = text.split(" ").map((word) => {
    const [unit = "", count = "1"] = word.split("*")
    return unit.repeat(Number(count))
  })
  return new Uint8Array(Buffer.from(hex.join(""), "hex"))
})

/** Reads a file of vectors/ by its schema. */
export function readVectors<T>(file: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(vectorsText(file)))
}

/** The text of a file of vectors/. */
export function vectorsText(file: string): string {
  return readFileSync(new URL(file, VECTORS), "utf8")
}

/** The folder vectors/. */
export const VECTORS: URL = new URL("../../../vectors/", import.meta.url)

const MAX_UNIT = 48
const MIN_SAVED = 24

/** Bytes as the files write them, runs of one unit told by the unit and a count where that saves enough. */
export function packHex(bytes: Uint8Array): string {
  const parts: string[] = []
  let plain = 0
  let at = 0
  const flush = (): void => {
    if (plain < at) parts.push(toHex(bytes.subarray(plain, at)))
  }
  while (at < bytes.length) {
    const { unit, count } = longestRun(bytes, at)
    if (unit * (count - 1) < MIN_SAVED) {
      at += 1
      continue
    }
    flush()
    parts.push(`${toHex(bytes.subarray(at, at + unit))}*${count}`)
    at += unit * count
    plain = at
  }
  flush()
  return parts.join(" ")
}

function longestRun(bytes: Uint8Array, at: number): { unit: number; count: number } {
  let best = { unit: 1, count: 1 }
  for (let unit = 1; unit <= MAX_UNIT; unit++) {
    let length = unit
    while (at + length < bytes.length && bytes[at + length] === bytes[at + length - unit]) length += 1
    const count = Math.floor(length / unit)
    if (unit * (count - 1) > best.unit * (best.count - 1)) best = { unit, count }
  }
  return best
}

/** JSON as oxfmt lays it out: maps over several lines, lists of plain values on one line where they fit. */
export function jsonText(value: unknown): string {
  return `${layOut(value, "", 0)}\n`
}

function layOut(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  if (!Array.isArray(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    if (entries.length === 0) return "{}"
    const lines = entries.map(([key, item]) => {
      const name = `${inner}${JSON.stringify(key)}: `
      return `${name}${layOut(item, inner, name.length)}`
    })
    return `{\n${lines.join(",\n")}\n${indent}}`
  }
  const items: unknown[] = value
  const line = `[${items.map((item) => JSON.stringify(item)).join(", ")}]`
  const isPlain = items.every((item) => typeof item !== "object" || item === null)
  // A comma may follow.
  if (isPlain && before + line.length < 120) return line
  return `[\n${items.map((item) => `${inner}${layOut(item, inner, inner.length)}`).join(",\n")}\n${indent}]`
}
