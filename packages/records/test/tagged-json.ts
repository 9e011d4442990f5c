/** Values of the data model as JSON in which each value names its type: see vectors/README.md. */
import { z } from "zod"
import { asCid, CID, toHex } from "../src/index.ts"
import { hexBytes, packHex } from "./vector-format.ts"

export type Tagged =
  | { simple: "null" | "true" | "false" }
  | { integer: string }
  | { float: string }
  | { text: string }
  | { bytes: string }
  | { link: string }
  | { list: Tagged[] }
  | { map: { key: string; value: Tagged }[] }

const hex = z.string().regex(/^([0-9a-f]{2})*$/)

export const tagged: z.ZodType<Tagged> = z.lazy(() =>
  z.union([
    z.strictObject({ simple: z.enum(["null", "true", "false"]) }),
    z.strictObject({ integer: z.string().regex(/^-?\d+$/) }),
    z.strictObject({ float: hex.length(16) }),
    z.strictObject({ text: z.string() }),
    z.strictObject({ bytes: z.string() }),
    z.strictObject({ link: hex }),
    z.strictObject({ list: z.array(tagged) }),
    z.strictObject({ map: z.array(z.strictObject({ key: z.string(), value: tagged })) }),
  ]),
)

/** A decoded value with its types named, the entries of maps in canonical order. */
export function toTagged(value: unknown): Tagged {
  if (value === null) return { simple: "null" }
  if (typeof value === "boolean") return { simple: value ? "true" : "false" }
  if (typeof value === "string") return { text: value }
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? { integer: String(value) } : { float: bitsOf(value) }
  if (value instanceof Uint8Array) return { bytes: packHex(value) }
  if (Array.isArray(value)) return { list: value.map(toTagged) }
  const cid = asCid(value)
  if (cid !== null) return { link: toHex(cid.bytes) }
  if (typeof value !== "object") throw new TypeError(`no value of the data model: ${typeof value}`)
  const entries = Object.entries(value).map(([key, item]) => ({ key, value: toTagged(item) }))
  return { map: entries.toSorted((a, b) => compareKeys(Buffer.from(a.key), Buffer.from(b.key))) }
}

/** The value that tagged JSON stands for. */
export function fromTagged(value: Tagged): unknown {
  if ("simple" in value) return { null: null, true: true, false: false }[value.simple]
  if ("integer" in value) return Number(value.integer)
  if ("float" in value) return Buffer.from(value.float, "hex").readDoubleBE()
  if ("text" in value) return value.text
  if ("bytes" in value) return hexBytes.parse(value.bytes)
  if ("link" in value) return CID.decode(new Uint8Array(Buffer.from(value.link, "hex")))
  if ("list" in value) return value.list.map(fromTagged)
  return Object.fromEntries(value.map.map((entry) => [entry.key, fromTagged(entry.value)]))
}

function bitsOf(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString("hex")
}

function compareKeys(a: Buffer, b: Buffer): number {
  return a.length - b.length || Buffer.compare(a, b)
}
