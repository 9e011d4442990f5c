import { floatRepr } from "./float.ts"
import type { PyJson } from "./value.ts"

/** How an object's members are ordered: by code point of their keys, or as they stand in the map. */
export type MemberOrder = "sorted" | "given"

/** The value as `json.dumps(…, separators=(",", ":"))` prints it: ASCII only, no spaces. */
export function printPythonJson(value: PyJson, order: MemberOrder): string {
  if (value === null) return "null"
  if (typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value === "number") return floatRepr(value)
  if (typeof value === "string") return quoted(value)
  if (Array.isArray(value)) return `[${value.map((item) => printPythonJson(item, order)).join(",")}]`
  const members = [...value]
  if (order === "sorted") members.sort(([a], [b]) => compareCodePoints(a, b))
  return `{${members.map(([key, item]) => `${quoted(key)}:${printPythonJson(item, order)}`).join(",")}}`
}

function quoted(text: string): string {
  // The engine escapes what Python does, but for these; unit by unit, so that a character beyond the basic plane
  // becomes its two surrogates.
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** Python's order of strings. That of JavaScript, by UTF-16 unit, puts U+10000 before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  for (let at = 0; ;) {
    const left = a.codePointAt(at)
    const right = b.codePointAt(at)
    if (left === undefined || right === undefined) return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1)
    if (left !== right) return left - right
    at += left > 0xffff ? 2 : 1
  }
}
