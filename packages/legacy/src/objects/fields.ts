import { excerpt } from "@spore/records"
import { z } from "zod"
import type { LegacyErrorCode } from "../errors.ts"
import { isLegacyId } from "../links.ts"
import { parseKey } from "../signature/hex.ts"

const utf8 = new TextEncoder()

/** A field that `read` accepts or refuses with a code. */
function field<T>(read: (value: unknown, refused: (code: LegacyErrorCode, why: string) => never) => T): z.ZodType<T> {
  return z.unknown().transform((value, context) => {
    let fault: { code: LegacyErrorCode; why: string } | undefined
    try {
      return read(value, (code, why) => {
        fault = { code, why }
        throw fault
      })
    } catch (error) {
      if (fault === undefined) throw error
      context.addIssue({ code: "custom", message: fault.why, params: { code: fault.code } })
      return z.NEVER
    }
  })
}

/** The code that a field gave with its refusal; `bad_schema` where zod itself refused. */
export function codeOf(issue: z.core.$ZodIssue | undefined): LegacyErrorCode {
  const parsed = z.object({ params: z.object({ code: z.custom<LegacyErrorCode>() }) }).safeParse(issue)
  return parsed.success ? parsed.data.params.code : "bad_schema"
}

/** Text of at most `maxBytes` bytes of UTF-8. */
export function text(maxBytes: number): z.ZodType<string> {
  return field((value, refused) => {
    if (typeof value !== "string") return refused("bad_schema", "expected text")
    if (!value.isWellFormed()) return refused("bad_text", "text with a lone surrogate")
    if (value.length > maxBytes || (value.length * 3 > maxBytes && utf8.encode(value).length > maxBytes)) {
      return refused("too_large", `expected at most ${maxBytes} bytes of UTF-8`)
    }
    return value
  })
}

/** One of a few words. */
export function word<T extends string>(...words: readonly T[]): z.ZodType<T> {
  return field(
    (value, refused) =>
      words.find((known) => known === value) ?? refused("bad_schema", `expected ${words.join(" or ")}`),
  )
}

/** Any number that is finite; an int beyond 2^53 loses digits here, not in the payload. */
export const finite: z.ZodType<number> = field((value, refused) => {
  if (typeof value !== "bigint" && typeof value !== "number") return refused("bad_schema", "expected a number")
  const number = Number(value)
  return Number.isFinite(number) ? number : refused("not_finite", `the number ${number}`)
})

/** Unix seconds: an int, for Python, from 0 to 2^53−1. */
export const timestamp: z.ZodType<number> = field((value, refused) => {
  if (typeof value !== "bigint") return refused("bad_timestamp", "expected a whole number of seconds")
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    return refused("bad_timestamp", `${excerpt(value.toString())} is no time`)
  }
  return Number(value)
})

/** The id of another object. */
export const id: z.ZodType<string> = field((value, refused) =>
  typeof value === "string" && isLegacyId(value) ? value : refused("bad_schema", "expected an id of 64 hex digits"),
)

/** The id of the parent; null or empty text for none. */
export const parent: z.ZodType<string | null> = field((value, refused) => {
  if (value === null || value === "") return null
  return typeof value === "string" && isLegacyId(value) ? value : refused("bad_schema", "expected an id or null")
})

/** The text of a key, as spelt. */
export const key: z.ZodType<string> = field((value, refused) =>
  typeof value === "string" && parseKey(value) !== null ? value : refused("bad_key", "expected an Ed25519 key in hex"),
)
